import ArgumentParser

/// `phusa dead-letters`: what was refused, and the way back for it.
struct DeadLettersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "Shows what was refused, sends it through the pipeline again, or gives it up.",
        discussion: """
            A refused message or reading is kept with its bytes, the reason and the place. When the schema or the mapping \
            has been put right, replay folds it again: each reading is stored once, also if the device has sent it anew \
            meanwhile. What is refused again stays open, with its new reason; drop gives up what nobody needs. Both \
            leave a mark in the table dead_letter_marks and change nothing else.

            EXAMPLES
              phusa dead-letters ls --stream coverage --since 24h
              phusa dead-letters show --lane lane0 --offset 4711
              phusa dead-letters replay --stream coverage --reason enum
              phusa dead-letters drop --topic 'test/#' --because 'load test of 20 November'
            """,
        subcommands: [
            DeadLetterList.self, DeadLetterShow.self, DeadLetterReplay.self, DeadLetterDrop.self,
        ])
}
