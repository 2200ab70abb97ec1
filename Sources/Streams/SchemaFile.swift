package import JSONDocument
package import JSONSchema

/// A JSON Schema as a file, for errors with lines.
package struct SchemaFile: Sendable {
    package let path: String
    package let version: SchemaVersion
    let bytes: [UInt8]

    /// The file's name without its folder.
    package var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The text as a tree.
    package func tree() throws(DefinitionError) -> JSONTree {
        do throws(JSONParseError) {
            return try JSONTree(parsing: bytes)
        } catch {
            throw DefinitionError(
                file: path, line: error.line, column: error.column,
                message: "the schema is not JSON: \(error.sentence)",
                fix: "Correct the JSON there")
        }
    }

    /// The schema, ready to check: formats are checked, since a time of the wrong form is no time.
    package func compiled() throws(DefinitionError) -> CompiledSchema {
        let tree = try tree()
        do throws(SchemaError) {
            return try CompiledSchema(tree, assertsFormat: true)
        } catch {
            throw self.error(
                at: error.pointer, "the schema cannot be used: \(error.sentence)",
                fix: "Correct it there; JSON Schema 2020-12 says what is allowed")
        }
    }

    /// An error at the value to which `pointer` leads.
    package func error(at pointer: JSONPointer, _ message: String, fix: String) -> DefinitionError {
        // Safe: every byte of the array is initialized.
        let place = unsafe JSONLocator(bytes.span.bytes).place(of: pointer)
        return DefinitionError(
            file: path, line: place?.line ?? 0, column: place?.column ?? 0, message: message, fix: fix)
    }
}
