import Glibc
import Synchronization
import Telemetry

/// Holds a sender back to a rate, or until a moment.
struct Pace {
    private let rate: Double?
    private let start = ContinuousClock.now

    /// `rate` messages a second; without one nothing is held back.
    init(rate: Double?) {
        self.rate = rate
    }

    /// Waits until message `number` (from 0) may go.
    func wait(for number: Int) {
        guard let rate else { return }
        let due = Duration.seconds(Double(number) / rate)
        let ahead = due - (ContinuousClock.now - start)
        // Below a millisecond sleeping is less exact than sending a few messages together.
        if ahead > .milliseconds(1) { Self.sleep(ahead) }
    }

    /// Waits until `time` by the system's clock.
    func wait(until time: EventTime) {
        let ahead = time.microsecondsSinceEpoch - EventTime.now.microsecondsSinceEpoch
        if ahead > 1000 { Self.sleep(.microseconds(ahead)) }
    }

    /// Sleeps, at most until Ctrl-C.
    private static func sleep(_ duration: Duration) {
        var left = duration.microseconds
        while left > 0, !Interruption.hasCome {
            let step = min(left, 200_000)
            usleep(UInt32(step))
            left -= step
        }
    }
}

/// Whether the user has pressed Ctrl-C: what was begun is then finished in order.
enum Interruption {
    private static let flag = Atomic<Bool>(false)

    static var hasCome: Bool { flag.load(ordering: .relaxed) }

    /// From here on the first Ctrl-C only sets the flag, and a second one ends the process.
    static func watch() {
        // The handler only stores to an atomic and restores the default, both allowed in signal handlers.
        signal(SIGINT) { number in
            Interruption.flag.store(true, ordering: .relaxed)
            signal(number, SIG_DFL)
        }
    }
}
