/// The entries of a mapping in flat arrays, so that going through them for each record copies and counts nothing.
struct RecordMappingProgram: Sendable {
    /// One entry; ranges without a name are those of ``bytes``.
    struct Step: Sendable {
        /// Where the value comes from, as ``RecordMapping/Origin`` says it.
        enum Origin: Sendable {
            /// Ranges over ``RecordMappingProgram/paths``.
            case document(Range<Int>)
            /// JSON.
            case constant(Range<Int>)
            case topic(level: Int)
            case arrival
        }

        let name: Range<Int>
        /// The name as JSON with the colon.
        let quotedName: Range<Int>
        let origin: Origin
        /// The place in ``RecordMappingProgram/conversions``; nil for none.
        let conversion: Int?
    }

    private(set) var steps: [Step] = []
    private(set) var paths: [SourcePath] = []
    private(set) var conversions: [RecordConversion] = []
    private(set) var bytes: [UInt8] = []

    init(_ entries: [RecordMapping.Entry]) {
        for entry in entries {
            let origin: Step.Origin =
                switch entry.origin {
                case .document(let paths): .document(append(paths))
                case .constant(let constant): .constant(append(constant.json))
                case .topic(let level): .topic(level: level)
                case .arrival: .arrival
                }
            if !entry.conversion.isNone { conversions.append(entry.conversion) }
            steps.append(
                Step(
                    name: append(entry.target), quotedName: append(RecordConstant.text(entry.target).json + ":"),
                    origin: origin, conversion: entry.conversion.isNone ? nil : conversions.count - 1))
        }
    }

    private mutating func append(_ text: String) -> Range<Int> {
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        return start..<bytes.count
    }

    private mutating func append(_ paths: [SourcePath]) -> Range<Int> {
        let start = self.paths.count
        self.paths.append(contentsOf: paths)
        return start..<self.paths.count
    }
}
