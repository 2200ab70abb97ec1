import Glibc
import Telemetry

/// Devices of one kind that send readings in turn.
protocol Fleet: ~Copyable {
    /// The topic of every device.
    var topics: [String] { get }
    /// The device that sent the last reading.
    var lastDevice: Int { get }
    /// When the next reading is due.
    var nextTime: EventTime { get }
    /// Adds the next reading to `bytes`, without a line end. It begins with `{"ts":"` and a time of 24 bytes.
    mutating func next(into bytes: inout [UInt8])
}

extension Duration {
    var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}

/// What depends on the time of the day, as people live in UTC+7.
enum DayCurve {
    /// Hours since midnight, local time.
    static func hour(at time: EventTime) -> Double {
        let local = time.microsecondsSinceEpoch + 7 * 3_600_000_000
        return Double(local - floorDivide(local, 86_400_000_000) * 86_400_000_000) / 3_600_000_000
    }

    static func isWeekend(at time: EventTime) -> Bool {
        // 1970-01-01 was a Thursday.
        let day = floorDivide(time.microsecondsSinceEpoch + 7 * 3_600_000_000, 86_400_000_000)
        return [2, 3].contains(day - floorDivide(day, 7) * 7)
    }

    /// How busy networks are, 0 to 1: most in the evening, least at four in the morning.
    static func networkLoad(at time: EventTime) -> Double {
        0.1 + 0.45 * peak(hour(at: time), at: 20.5, width: 3.5) + 0.35 * peak(hour(at: time), at: 12, width: 4)
    }

    /// How full roads are, 0 to 1: before work, after it, and a little at noon.
    static func roadLoad(at time: EventTime) -> Double {
        let hour = hour(at: time)
        let rush = 0.6 * peak(hour, at: 7.5, width: 1.1) + 0.65 * peak(hour, at: 17.6, width: 1.4)
        let day = 0.3 * peak(hour, at: 13, width: 5)
        return min(1, 0.04 + (isWeekend(at: time) ? 0.4 : 1) * rush + day)
    }

    /// How much dust the air keeps near the ground, 0 to 1: mornings and late evenings.
    static func stillAir(at time: EventTime) -> Double {
        let hour = hour(at: time)
        return 0.7 * peak(hour, at: 7, width: 2.5) + 0.6 * peak(hour, at: 22, width: 3.5) + 0.1
    }

    /// A bell around `centre`, 1 at its top, over a day that closes on itself.
    private static func peak(_ hour: Double, at centre: Double, width: Double) -> Double {
        let apart = abs(hour - centre)
        let distance = min(apart, 24 - apart) / width
        return exp(-0.5 * distance * distance)
    }
}
