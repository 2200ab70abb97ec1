import Glibc
import Synchronization
import Telemetry

/// How long a sender has to wait: for a rate, for the clock, or for the times in a recording.
struct Pace {
    enum Rule {
        case asFastAsPossible
        /// Messages a second.
        case rate(Double)
        /// Each message when its time has come.
        case clock
        /// With the gaps of the recording, divided by a factor.
        case recorded(speed: Double)
    }

    /// Below this, sleeping is less exact than sending some messages together.
    private static let shortest = Duration.milliseconds(1)

    private let rule: Rule
    private let start = ContinuousClock.now
    private var firstTime: EventTime?

    init(_ rule: Rule) {
        self.rule = rule
    }

    /// How long message `number` (from 0), which is of `time`, has to wait.
    mutating func delay(of number: Int, at time: EventTime?) -> Duration {
        let ahead: Duration
        switch rule {
        case .asFastAsPossible: return .zero
        case .rate(let rate): ahead = .seconds(Double(number) / rate) - (ContinuousClock.now - start)
        case .clock:
            guard let time else { return .zero }
            ahead = .microseconds(time.microsecondsSinceEpoch - EventTime.now.microsecondsSinceEpoch)
        case .recorded(let speed):
            guard let time else { return .zero }
            let first = firstTime ?? time
            firstTime = first
            let apart = Double(time.microsecondsSinceEpoch - first.microsecondsSinceEpoch) * 1e-6
            ahead = .seconds(apart / speed) - (ContinuousClock.now - start)
        }
        return ahead >= Self.shortest ? ahead : .zero
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
