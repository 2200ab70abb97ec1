package import JSONDocument
package import Telemetry

/// How the records of a source are made from what its payloads hold.
package struct RecordMapping: Sendable {
    /// A mapping without entries, which keeps the members of the default record.
    package init() {}

    /// Writes the record of a source document.
    ///
    /// - Parameters:
    ///   - source: the document into which the entries look.
    ///   - index: the value there to which their paths are relative.
    ///   - defaults: the record that the format gives by itself.
    ///   - topic: the message's topic.
    ///   - arrival: when it came.
    ///   - writer: gets the record; what it gets of a refused one is forgotten.
    /// - Returns: why there is no record; its pointer is relative to the source document.
    package func write(
        _ source: borrowing JSONDocument, at index: Int, defaults: borrowing JSONDocument, topic: RawSpan,
        arrival: EventTime, to writer: inout JSONWriter
    ) -> Refusal? {
        writer.value(defaults.root, of: copy defaults)
        return nil
    }
}
