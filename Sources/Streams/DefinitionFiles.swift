import DurableFiles

/// Reads the files of a definition folder, with the errors of definitions.
struct DefinitionFiles {
    let store: any FileStore

    /// 4 MiB: a schema that is longer was not written by a person.
    private static let maximumByteCount = 4 << 20

    /// The names of the folders in a folder, sorted.
    func folders(in directory: String) throws(DefinitionError) -> [String] {
        do throws(FileError) {
            return try store.entries(of: directory).filter { $0.isDirectory && !$0.name.hasPrefix(".") }.map(\.name)
        } catch {
            throw DefinitionError(
                file: directory, message: "there are no stream definitions: \(error)",
                fix: "It must contain a folder for each stream; commands take the folder above it, such as Schemas")
        }
    }

    /// The names of the files in a folder, sorted.
    func names(in directory: String) throws(DefinitionError) -> [String] {
        do throws(FileError) {
            return try store.entries(of: directory).filter { !$0.isDirectory && !$0.name.hasPrefix(".") }.map(\.name)
        } catch {
            throw unreadable(directory, error)
        }
    }

    func exists(_ path: String) throws(DefinitionError) -> Bool {
        do throws(FileError) {
            return try store.exists(path)
        } catch {
            throw unreadable(path, error)
        }
    }

    /// The bytes of a file.
    func read(_ path: String) throws(DefinitionError) -> [UInt8] {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try store.read(path)
        } catch {
            throw unreadable(path, error)
        }
        guard bytes.count <= Self.maximumByteCount else {
            throw DefinitionError(
                file: path,
                message: "the file has \(bytes.count) bytes, more than the \(Self.maximumByteCount) allowed",
                fix: "Check that it is the file that you mean")
        }
        return bytes
    }

    private func unreadable(_ path: String, _ error: FileError) -> DefinitionError {
        DefinitionError(
            file: path, message: "\(error)",
            fix: "Check its name and that this user may read it")
    }
}
