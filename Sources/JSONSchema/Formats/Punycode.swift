/// Code points as letters, digits and hyphens, RFC 3492.
enum Punycode {
    private static let base = 36
    private static let leastThreshold = 1
    private static let greatestThreshold = 26

    /// What a label is behind `xn--`; nil when a number overflows.
    static func encoded(_ label: [Unicode.Scalar]) -> [UInt8]? {
        var output = label.filter(\.isASCII).map { UInt8($0.value) }
        let basicCount = output.count
        var handledCount = basicCount
        if basicCount > 0 { output.append(UInt8(ascii: "-")) }
        var next: UInt32 = 128
        var delta = 0
        var bias = 72
        while handledCount < label.count {
            guard let smallest = label.lazy.map(\.value).filter({ $0 >= next }).min() else { return nil }
            let (product, overflow) = Int(smallest - next).multipliedReportingOverflow(by: handledCount + 1)
            guard !overflow, delta + product < 1 << 40 else { return nil }
            delta += product
            next = smallest
            for scalar in label {
                if scalar.value < next { delta += 1 }
                guard scalar.value == next else { continue }
                append(delta, bias, &output)
                bias = adapted(delta, count: handledCount + 1, isFirst: handledCount == basicCount)
                delta = 0
                handledCount += 1
            }
            delta += 1
            next += 1
        }
        return output
    }

    /// The code points for which the text behind `xn--` stands; nil when it is no such text.
    static func decoded(_ text: [Unicode.Scalar]) -> [Unicode.Scalar]? {
        var output: [Unicode.Scalar] = []
        var rest = text[...]
        if let hyphen = text.lastIndex(of: "-") {
            output = Array(text[..<hyphen])
            rest = text[(hyphen + 1)...]
        }
        var value = 128
        var index = 0
        var bias = 72
        while !rest.isEmpty {
            let start = index
            var weight = 1
            var position = base
            while true {
                guard let digit = rest.popFirst().flatMap(digit) else { return nil }
                index += digit * weight
                let threshold = min(max(position - bias, leastThreshold), greatestThreshold)
                if digit < threshold { break }
                weight *= base - threshold
                guard index < 1 << 30, weight < 1 << 30 else { return nil }
                position += base
            }
            bias = adapted(index - start, count: output.count + 1, isFirst: start == 0)
            value += index / (output.count + 1)
            index %= output.count + 1
            guard let number = UInt32(exactly: value), let scalar = Unicode.Scalar(number) else { return nil }
            output.insert(scalar, at: index)
            index += 1
        }
        return output
    }

    private static func append(_ delta: Int, _ bias: Int, _ output: inout [UInt8]) {
        var rest = delta
        var position = base
        while true {
            let threshold = min(max(position - bias, leastThreshold), greatestThreshold)
            guard rest >= threshold else { break }
            output.append(letter(threshold + (rest - threshold) % (base - threshold)))
            rest = (rest - threshold) / (base - threshold)
            position += base
        }
        output.append(letter(rest))
    }

    private static func adapted(_ delta: Int, count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var position = 0
        while delta > (base - leastThreshold) * greatestThreshold / 2 {
            delta /= base - leastThreshold
            position += base
        }
        return position + (base - leastThreshold + 1) * delta / (delta + 38)
    }

    private static func letter(_ digit: Int) -> UInt8 {
        digit < 26 ? UInt8(ascii: "a") + UInt8(digit) : UInt8(ascii: "0") + UInt8(digit - 26)
    }

    private static func digit(_ scalar: Unicode.Scalar) -> Int? {
        switch scalar {
        case "a"..."z": Int(scalar.value - 0x61)
        case "0"..."9": Int(scalar.value - 0x30) + 26
        default: nil
        }
    }
}
