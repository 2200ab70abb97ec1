import DeltaLake
import Telemetry

/// How far a compacted segment goes in each lane whose rows it holds, as tags of its `add` action.
///
/// The bounds of its columns cannot say it: the largest offset may be of another lane.
enum LaneTags {
    private static let prefix = "phusa.lane."

    static func tags(_ lastOffsets: [String: JournalOffset]) -> [String: String] {
        Dictionary(uniqueKeysWithValues: lastOffsets.map { ("\(prefix)\($0.key)", "\($0.value.number)") })
    }

    /// The last offset of each lane; empty for segments of one lane and for those of other makers.
    static func lastOffsets(of file: AddFile) -> [String: JournalOffset] {
        var offsets: [String: JournalOffset] = [:]
        for (key, value) in file.tags where key.hasPrefix(prefix) {
            guard let number = UInt64(value) else { continue }
            offsets[String(key.dropFirst(prefix.count))] = JournalOffset(number)
        }
        return offsets
    }
}
