import Telemetry

/// The names of nested objects, level by level, to find those that an object has twice.
struct NameSet {
    private struct Name {
        let fingerprint: Fingerprint
        let place: Int
    }

    private var names: [Name] = []

    /// Up to here each name is compared with each other; larger objects are sorted.
    private static let pairwiseLimit = 16

    mutating func removeAll() {
        names.removeAll(keepingCapacity: true)
    }

    /// Begins an object within the one before; the result goes to ``leave(_:)``.
    func enter() -> Int { names.count }

    mutating func insert(_ fingerprint: Fingerprint, place: Int) {
        names.append(Name(fingerprint: fingerprint, place: place))
    }

    /// Ends the object that began at `level`, and gives the place of a name that it has before.
    mutating func leave(_ level: Int) -> Int? {
        defer { names.removeLast(names.count - level) }
        guard names.count - level <= Self.pairwiseLimit else { return firstDuplicateBySorting(level) }
        for second in level..<names.count {
            for first in level..<second where names[first].fingerprint == names[second].fingerprint {
                return names[second].place
            }
        }
        return nil
    }

    private mutating func firstDuplicateBySorting(_ level: Int) -> Int? {
        names[level...].sort { left, right in
            (left.fingerprint.high, left.fingerprint.low, left.place)
                < (right.fingerprint.high, right.fingerprint.low, right.place)
        }
        var first: Int?
        for index in (level + 1)..<names.count where names[index].fingerprint == names[index - 1].fingerprint {
            first = min(first ?? .max, names[index].place)
        }
        return first
    }
}
