import JSONDocument

/// What `_last_checkpoint` says: where a reader finds the newest checkpoint without listing the log.
///
/// Protocol, section "Last Checkpoint File". It is a hint: when it is missing, broken or old, the listing decides.
struct CheckpointPointer: Equatable {
    let version: Int64
    let actionCount: Int
    let byteCount: Int
    let fileCount: Int

    init(version: Int64, actionCount: Int, byteCount: Int, fileCount: Int) {
        self.version = version
        self.actionCount = actionCount
        self.byteCount = byteCount
        self.fileCount = fileCount
    }

    var text: [UInt8] {
        var text = JSONText()
        text.object { text in
            text.member("version", version)
            text.member("size", Int64(actionCount))
            text.member("sizeInBytes", Int64(byteCount))
            text.member("numOfAddFiles", Int64(fileCount))
        }
        return text.bytes
    }

    /// The version that the bytes of a `_last_checkpoint` name; nil when they make no sense.
    static func version(in bytes: [UInt8]) -> Int64? {
        var parser = JSONParser(limits: JSONLimits(maximumDepth: 16, maximumByteCount: 1 << 24), capacity: 1024)
        // Whatever is wrong with it, the log can be read without it.
        guard let document = try? parser.parse(String(decoding: bytes, as: UTF8.self)),
            document.kind(at: document.root) == .object, let index = document.member("version", of: document.root),
            let version = document.wholeNumber(at: index), version >= 0
        else { return nil }
        return version
    }
}
