import Glibc
import Synchronization
package import Telemetry

/// How far a lane has come: the only thing that its two threads share.
///
/// The lane says what is durable, the fold says what is committed. Waiting goes through a pipe, so that it can end at once.
package final class LaneProgress: Sendable {
    private struct State {
        var durable: JournalOffset
        var committed: JournalOffset
        var isIntakeOver = false
        var isDraining = false
        var isRoomWanted = false
    }

    private let state: Mutex<State>
    private let wakeUpReader: Int32
    private let wakeUpWriter: Int32

    package init(durable: JournalOffset, committed: JournalOffset) {
        state = Mutex(State(durable: durable, committed: committed))
        var ends: [Int32] = [-1, -1]
        let status = unsafe pipe(&ends)
        require(status == 0, "the system gives a pipe")
        (wakeUpReader, wakeUpWriter) = (ends[0], ends[1])
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
    }

    deinit {
        close(wakeUpReader)
        close(wakeUpWriter)
    }

    /// The last offset that is on disk.
    package var durable: JournalOffset { state.withLock { $0.durable } }

    /// The last offset whose readings are in the tables, ledger included.
    package var committed: JournalOffset { state.withLock { $0.committed } }

    /// Whether the lane shall leave its broker and end.
    package var isIntakeOver: Bool { state.withLock { $0.isIntakeOver } }

    /// Whether the fold shall commit what is durable and end.
    package var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Whether the journal is full, so that the fold shall commit what it can at once.
    package var isRoomWanted: Bool { state.withLock { $0.isRoomWanted } }

    /// Says that the journal is full, or that it has room again.
    package func wantRoom(_ isWanted: Bool) {
        state.withLock { $0.isRoomWanted = isWanted }
        if isWanted { signal() }
    }

    package func didSynchronize(through offset: JournalOffset) {
        state.withLock { $0.durable = offset }
        signal()
    }

    package func didCommit(through offset: JournalOffset) {
        state.withLock { $0.committed = offset }
    }

    /// Asks the lane to leave its broker and end.
    package func endIntake() {
        state.withLock { $0.isIntakeOver = true }
    }

    /// Asks the fold to fold what is durable, commit it and end; the lane has ended.
    package func drain() {
        state.withLock { $0.isDraining = true }
        signal()
    }

    /// Waits until something changed or the time is over.
    package func wait(timeoutMilliseconds: Int32) {
        var descriptor = pollfd(fd: wakeUpReader, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&descriptor, 1, timeoutMilliseconds) > 0 else { return }
        var bytes = InlineArray<512, UInt8>(repeating: 0)
        // How many wake-ups there were means nothing, so a part of them is as good as all.
        // Safe: the call writes at most as many bytes as there are.
        _ = unsafe withUnsafeMutableBytes(of: &bytes) { unsafe read(wakeUpReader, $0.baseAddress, $0.count) }
    }

    /// Makes the fold look up, since somebody has asked it something.
    func wake() { signal() }

    private func signal() {
        var byte: UInt8 = 1
        // A full pipe means that the fold has not looked yet, which is enough.
        _ = unsafe write(wakeUpWriter, &byte, 1)
    }
}
