package import DurableFiles
package import Telemetry

/// A place in a journal file where confirmed messages should be and are not.
package struct JournalDamage: Equatable, Sendable, CustomStringConvertible {
    /// The path of the file.
    package let file: String
    package let byteOffset: Int
    /// The first message that cannot be read.
    package let offset: JournalOffset

    package init(file: String, byteOffset: Int, offset: JournalOffset) {
        self.file = file
        self.byteOffset = byteOffset
        self.offset = offset
    }

    package var description: String {
        """
        the journal file \(file) is damaged at byte \(byteOffset): message \(offset) and those behind it cannot \
        be read (restore the file from a copy; or, to give up what is not yet in the tables, move the lane's whole journal \
        directory away)
        """
    }
}

/// Why a journal could not be opened for writing.
package enum JournalOpenError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another writer has it: two processes on one data directory.
    case locked(directory: String)
    /// Confirmed messages are missing: a person must decide.
    case damaged(JournalDamage)
    /// The disk did not do what was asked; try again when its reason is gone.
    case file(FileError)

    package var description: String {
        switch self {
        case .locked(let directory): "another process is writing the journal \(directory): stop it first"
        case .damaged(let damage): damage.description
        case .file(let error): error.description
        }
    }
}

/// Why there is no room for a batch.
package enum JournalShortage: Equatable, Sendable, CustomStringConvertible {
    /// The journal would exceed its own limit: wait until the fold has committed more and the journal is cut.
    case limit(byteCount: Int)
    /// The disk would have less than the reserve left: wait until there is more.
    case diskReserve(freeByteCount: Int)

    package var description: String {
        switch self {
        case .limit(let byteCount): "the journal has reached its limit of \(byteCount) bytes"
        case .diskReserve(let freeByteCount): "only \(freeByteCount) bytes are free on the disk"
        }
    }
}

/// Why a batch could not be appended, or not be made durable.
package enum JournalWriteError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Nothing of the batch was written; the same call can succeed later.
    case full(JournalShortage)
    /// Nothing behind `durableThrough` can be trusted to reach the disk, and must not be acknowledged.
    ///
    /// The writer refuses everything from now on, with this same error, and must be opened anew.
    case failed(FileError)

    package var description: String {
        switch self {
        case .full(let shortage): shortage.description
        case .failed(let error): "the journal must be opened anew: \(error)"
        }
    }
}

/// Why messages could not be read.
package enum JournalReadError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The messages were committed and cut away; the oldest one that is left is `firstAvailable`.
    case cutAway(firstAvailable: JournalOffset)
    /// Confirmed messages are missing: a person must decide.
    case damaged(JournalDamage)
    /// The disk did not do what was asked; the same call can succeed later.
    case file(FileError)

    package var description: String {
        switch self {
        case .cutAway(let first): "the messages asked for were cut away; message \(first) is the oldest one left"
        case .damaged(let damage): damage.description
        case .file(let error): error.description
        }
    }
}
