public import JSONDocument

/// Why a schema cannot be compiled: an error of the schema's author, not of a document.
public struct SchemaError: Error, Equatable, Sendable {
    /// The address of the document with the error: empty for the schema itself.
    public let document: String
    /// The place in that document; `JSONLocator` turns it into a line.
    public let pointer: JSONPointer
    /// What is wrong and what to do about it.
    public let sentence: String

    init(document: String, pointer: JSONPointer, sentence: String) {
        self.document = document
        self.pointer = pointer
        self.sentence = sentence
    }
}

extension SchemaError: CustomStringConvertible {
    /// Place and sentence.
    public var description: String { "\(document)#\(pointer): \(sentence)" }
}
