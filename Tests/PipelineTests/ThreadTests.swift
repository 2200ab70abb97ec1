import Glibc
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

struct ThreadTests {
    @Test("join waits for the end of the work, and may be called again")
    func join() {
        let work = Work()
        let thread = WorkerThread { work.run() }
        thread.join()
        #expect(work.isDone)
        thread.join()
    }

    /// What the thread and the test share.
    private final class Work: Sendable {
        private let done = Atomic(false)

        var isDone: Bool { done.load(ordering: .acquiring) }

        func run() {
            usleep(20_000)
            done.store(true, ordering: .releasing)
        }
    }

    @Test("a change wakes up who waits, and one that came before is not missed")
    func wakeUp() {
        let progress = LaneProgress(durable: .beforeFirst, committed: .beforeFirst)
        progress.didSynchronize(through: JournalOffset(3))
        #expect(duration { progress.wait(timeoutMilliseconds: 20_000) } < .seconds(10))
        let worker = WorkerThread {
            usleep(20_000)
            progress.drain()
        }
        #expect(duration { progress.wait(timeoutMilliseconds: 20_000) } < .seconds(10))
        worker.join()
        #expect(progress.isDraining && progress.durable == JournalOffset(3))
    }

    @Test("waiting ends with its time, and any number of changes nobody waits for do no harm")
    func timeout() {
        let progress = LaneProgress(durable: .beforeFirst, committed: .beforeFirst)
        #expect(duration { progress.wait(timeoutMilliseconds: 50) } >= .milliseconds(45))
        // More than a pipe holds.
        for number in 1...100_000 { progress.didSynchronize(through: JournalOffset(UInt64(number))) }
        #expect(progress.durable == JournalOffset(100_000))
        var wakeUpCount = 0
        while duration({ progress.wait(timeoutMilliseconds: 30) }) < .milliseconds(25) { wakeUpCount += 1 }
        #expect(wakeUpCount < 1000, "waiting takes many wake-ups at a time")
    }

    private func duration(_ body: () -> Void) -> Duration { ContinuousClock().measure(body) }
}
