/// When to try again: exponential backoff with jitter, so that a fleet of lanes does not come back all at once.
///
/// It reads no clock and no random numbers of its own, so tests drive it directly.
package struct ReconnectSchedule: Sendable {
    /// A connection that lasted this long proves that the broker is well: counting starts anew.
    static let stableAfter = Duration.seconds(10)

    private let firstDelay: Duration
    private let maximumDelay: Duration
    private(set) var attempts = 0

    package init(firstDelay: Duration, maximumDelay: Duration) {
        self.firstDelay = firstDelay
        self.maximumDelay = maximumDelay
    }

    /// The time to wait after a connection that lasted `lasted`, zero when it did not come about.
    ///
    /// Between half the delay and the whole of it, and the delay doubles up to the maximum.
    package mutating func delay(
        afterConnectionOf lasted: Duration, using random: inout some RandomNumberGenerator
    ) -> Duration {
        if lasted >= Self.stableAfter { attempts = 0 }
        var delay = firstDelay
        var doubled = 0
        while doubled < attempts && delay < maximumDelay {
            delay = delay * 2
            doubled += 1
        }
        attempts += 1
        return min(delay, maximumDelay) * Double.random(in: 0.5...1, using: &random)
    }
}
