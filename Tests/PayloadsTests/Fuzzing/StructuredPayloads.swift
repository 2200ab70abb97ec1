import JSONDocument
import TestSupport

@testable import Payloads

/// Payloads that are sound on the outside and odd within, which changed bytes alone seldom give.
struct StructuredPayloads {
    private let format: PayloadFormat
    private var random: SeededRandom
    private let trees: [JSONTree]
    private let names: [String]

    init(format: PayloadFormat, seed: UInt64) {
        self.format = format
        random = SeededRandom(seed: seed &+ 0x5EED)
        let seeds: [[UInt8]] =
            format == .senmlCBOR || format == .cbor ? FuzzSeeds.corpus(.senml) : FuzzSeeds.corpus(format)
        trees = seeds.compactMap { try? JSONTree(parsing: $0) }
        names = Array(Set(trees.flatMap { Self.names(in: $0) } + ["", "ts", "device", "a.b", "_", "x_", "value"]))
            .sorted()
    }

    private static func names(in tree: JSONTree) -> [String] {
        switch tree {
        case .object(let members): members.flatMap { [$0.name] + names(in: $0.value) }
        case .array(let elements): elements.flatMap { names(in: $0) }
        default: []
        }
    }

    private mutating func below(_ bound: Int) -> Int {
        Int.random(in: 0..<max(1, bound), using: &random)
    }

    /// The next one.
    mutating func next() -> [UInt8] {
        switch format {
        case .sparkplug: return sparkplug()
        case .cbor, .senmlCBOR:
            var writer = CBORWire(labels: format == .senmlCBOR)
            writer.append(changedTree())
            return writer.bytes
        default: return Array(changedTree().text.utf8)
        }
    }

    // MARK: Trees

    private mutating func changedTree() -> JSONTree {
        var tree = trees[below(trees.count)]
        for _ in 0...below(4) { tree = changed(tree, depth: 0) }
        return tree
    }

    private mutating func changed(_ tree: JSONTree, depth: Int) -> JSONTree {
        switch tree {
        case .object(var members) where !members.isEmpty && below(8) != 0:
            let place = below(members.count)
            let member = members[place]
            switch below(8) {
            case 0: members.remove(at: place)
            case 1: members.append(.init(name: member.name + (below(4) == 0 ? "" : "2"), value: member.value))
            case 2: members[place] = .init(name: names[below(names.count)], value: member.value)
            case 3: members.append(.init(name: names[below(names.count)], value: value(depth: depth)))
            default: members[place] = .init(name: member.name, value: changed(member.value, depth: depth + 1))
            }
            return .object(members)
        case .array(var elements) where !elements.isEmpty && below(8) != 0:
            let place = below(elements.count)
            switch below(6) {
            case 0: elements.remove(at: place)
            case 1: elements.append(contentsOf: repeatElement(elements[place], count: 1 + below(3)))
            case 2: elements.insert(value(depth: depth), at: place)
            default: elements[place] = changed(elements[place], depth: depth + 1)
            }
            return .array(elements)
        default: return value(depth: depth)
        }
    }

    private mutating func value(depth: Int) -> JSONTree {
        switch below(depth > 6 ? 7 : 11) {
        case 0: return .null
        case 1: return .bool(below(2) == 0)
        case 2: return .integer([0, -1, 1, 10, 1_364_529_149, .max, .min, 268_435_456][below(8)])
        case 3: return .double([0.1, -0.0, 1e308, -.leastNonzeroMagnitude, 1.5e9, 253_402_300_800, 24.3][below(7)])
        case 4: return .unsigned(.max - UInt64(below(3)))
        case 5:
            let texts = [
                "", "x", "2026-11-21T08:00:00Z", "2026-11-21T08:00:00/2026-11-21T09:00:00", "AQIDBAUGBwg=", "{\"a\":1}",
                "\u{0}\n\"",
                "Đống Đa", "1e5", "0101010101010101", "-", "Point", "Property", "GeoProperty", "geo:json",
                String(repeating: "n", count: 300),
            ]
            return .string(texts[below(texts.count)])
        case 6: return .integer(Int64(bitPattern: random.next()) >> Int64(below(64)))
        case 7, 8:
            let tree = trees[below(trees.count)]
            guard case .object(let members) = tree, !members.isEmpty else { return tree }
            return members[below(members.count)].value
        case 9: return .array((0..<below(4)).map { _ in value(depth: depth + 1) })
        default:
            return .object(
                (0..<below(4)).map { _ in .init(name: names[below(names.count)], value: value(depth: depth + 1)) })
        }
    }

    // MARK: Sparkplug

    private mutating func sparkplug() -> [UInt8] {
        let metrics = (0..<below(6)).map { _ in metric(depth: 0) }
        return sparkplugPayload(
            metrics, timestamp: below(4) == 0 ? nil : number(), sequence: below(4) == 0 ? nil : UInt64(below(258)))
    }

    private mutating func metric(depth: Int) -> MetricWire {
        let names = ["a", "b", "ts", "bdSeq", "Node Control/Rebirth", "", "x/y", "é"]
        // Half of them are sound, or nothing but refusals would be tried.
        if below(2) == 0 { return soundMetric(names[below(names.count)]) }
        return MetricWire(
            name: below(3) == 0 ? nil : names[below(names.count)], alias: below(2) == 0 ? nil : UInt64(below(4)),
            timestamp: below(2) == 0 ? nil : number(), type: below(4) == 0 ? nil : UInt32(below(37)),
            isHistorical: below(6) == 0, isNull: below(8) == 0,
            value: below(8) == 0 ? nil : sparkplugValue(depth: depth))
    }

    private mutating func soundMetric(_ name: String) -> MetricWire {
        let choices: [(UInt32, MetricWire.Value)] = [
            (1, .int(UInt32(below(256)))), (3, .int(UInt32(below(1 << 30)))), (8, .long(random.next())),
            (9, .float(12.3)),
            (10, .double(Double(below(1000)) / 8)), (11, .boolean(below(2) == 0)), (12, .string("text")),
            (13, .long(UInt64(below(1 << 40)))), (22, .bytes((0..<below(9)).map { _ in UInt8(below(256)) })),
            (33, .bytes([0x41, 0, 0])), (17, .bytes([1, 2, 3, 4])),
        ]
        let (type, value) = choices[below(choices.count)]
        return MetricWire(
            name: name + String(below(4)), alias: below(2) == 0 ? nil : UInt64(below(4)), type: type, value: value)
    }

    private mutating func number() -> UInt64 {
        [0, 1000, 1_486_144_502_122, .max, 1 << 63, random.next()][below(6)]
    }

    private mutating func sparkplugValue(depth: Int) -> MetricWire.Value {
        switch below(9) {
        case 0: return .int(UInt32(truncatingIfNeeded: number()))
        case 1: return .long(number())
        case 2: return .float(Float(bitPattern: UInt32(truncatingIfNeeded: random.next())))
        case 3: return .double(Double(bitPattern: random.next()))
        case 4: return .boolean(below(2) == 0)
        case 5: return .string(["", "x", "\u{0}\"", "Đ"][below(4)])
        case 6: return .bytes((0..<below(20)).map { _ in below(3) == 0 ? 0 : UInt8(below(256)) })
        case 7:
            let columnCount = below(3)
            return .dataSet(
                ProtobufWire.message { wire in
                    for column in 0..<columnCount {
                        wire.text(2, "c\(column)")
                        wire.varint(3, UInt64(below(16)))
                    }
                    for _ in 0..<below(3) {
                        let cells = (0..<(below(5) == 0 ? columnCount + 1 : columnCount)).map { _ in
                            ProtobufWire.message { $0.varint(1 + below(2), number()) }
                        }
                        wire.bytes(4, ProtobufWire.message { row in cells.forEach { row.bytes(1, $0) } })
                    }
                })
        default:
            let metrics = depth > 3 ? [] : (0..<below(3)).map { _ in metric(depth: depth + 1).bytes }
            return .template(
                ProtobufWire.message { wire in
                    metrics.forEach { wire.bytes(2, $0) }
                    if below(2) == 0 { wire.text(4, "T") }
                })
        }
    }
}

/// Writes JSON trees as CBOR.
private struct CBORWire {
    private(set) var bytes: [UInt8] = []
    /// Whether SenML's names are written as their integers.
    let labels: Bool

    private static let numbers: [String: UInt64] = [
        "n": 0, "u": 1, "v": 2, "vs": 3, "vb": 4, "s": 5, "t": 6, "ut": 7, "vd": 8,
    ]
    private static let negativeNumbers: [String: UInt64] = ["bver": 0, "bn": 1, "bt": 2, "bu": 3, "bv": 4, "bs": 5]

    init(labels: Bool) {
        self.labels = labels
    }

    private mutating func head(_ major: UInt8, _ argument: UInt64) {
        let width = argument < 24 ? 0 : argument < 1 << 8 ? 1 : argument < 1 << 16 ? 2 : argument < 1 << 32 ? 4 : 8
        let information: UInt8 =
            switch width {
            case 0: UInt8(argument)
            case 1: 24
            case 2: 25
            case 4: 26
            default: 27
            }
        bytes.append(major << 5 | information)
        for place in (0..<width).reversed() { bytes.append(UInt8(truncatingIfNeeded: argument >> UInt64(8 * place))) }
    }

    mutating func append(_ tree: JSONTree) {
        switch tree {
        case .null: bytes.append(0xF6)
        case .bool(let value): bytes.append(value ? 0xF5 : 0xF4)
        case .integer(let value): value >= 0 ? head(0, UInt64(value)) : head(1, UInt64(-1 - value))
        case .unsigned(let value): head(0, value)
        case .double(let value):
            bytes.append(0xFB)
            for place in (0..<8).reversed() {
                bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(8 * place)))
            }
        case .string(let value):
            head(3, UInt64(value.utf8.count))
            bytes.append(contentsOf: value.utf8)
        case .array(let elements):
            head(4, UInt64(elements.count))
            for element in elements { append(element) }
        case .object(let members):
            head(5, UInt64(members.count))
            for member in members {
                if labels, let number = Self.numbers[member.name] {
                    head(0, number)
                } else if labels, let number = Self.negativeNumbers[member.name] {
                    head(1, number)
                } else {
                    append(.string(member.name))
                }
                append(member.value)
            }
        }
    }
}
