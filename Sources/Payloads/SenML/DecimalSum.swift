import Glibc
import JSONDocument

/// Adds two numbers of a document as the decimals that they were written as: 24.1 and 0.2 are 24.3.
enum DecimalSum {
    /// Digits times a power of ten.
    private struct Decimal {
        var digits: Int128
        var exponent: Int

        /// The shortest decimal that reads back as the number at `index`; nil when it is too long for exact sums.
        init?(_ index: Int, of document: borrowing JSONDocument) {
            exponent = 0
            switch document.tag(at: index) {
            case JSONKind.integer.rawValue: digits = Int128(document.int64(at: index))
            case JSONKind.unsigned.rawValue: digits = Int128(document.uint64(at: index))
            case JSONKind.double.rawValue:
                guard let decimal = Decimal(document.double(at: index).description) else { return nil }
                self = decimal
            default: return nil
            }
        }

        /// Reads what `Double.description` writes.
        private init?(_ text: String) {
            digits = 0
            exponent = 0
            var isFraction = false
            var isNegative = false
            var utf8 = text.utf8[...]
            while let byte = utf8.popFirst() {
                switch byte {
                case UInt8(ascii: "-"): isNegative = true
                case UInt8(ascii: "."): isFraction = true
                case UInt8(ascii: "0")...UInt8(ascii: "9"):
                    digits = digits * 10 + Int128(byte - 0x30)
                    if isFraction { exponent -= 1 }
                case UInt8(ascii: "e"):
                    guard let power = Int(Substring(utf8)) else { return nil }
                    exponent += power
                    utf8 = utf8.suffix(0)
                default: return nil
                }
            }
            if isNegative { digits = -digits }
            while digits != 0, digits % 10 == 0 {
                digits /= 10
                exponent += 1
            }
            if digits == 0 { exponent = 0 }
        }

        /// Gives the decimal a smaller exponent; nil when its digits do not fit then.
        func scaled(to exponent: Int) -> Int128? {
            var digits = digits
            for _ in 0..<(self.exponent - exponent) {
                let (product, overflow) = digits.multipliedReportingOverflow(by: 10)
                guard !overflow else { return nil }
                digits = product
            }
            return digits
        }
    }

    /// Whether the sum is a number; 0 stands for nothing to be added.
    static func isFinite(_ left: Int, plus right: Int, of document: borrowing JSONDocument) -> Bool {
        guard left != 0, right != 0 else { return true }
        return ((document.number(at: left) ?? 0) + (document.number(at: right) ?? 0)).isFinite
    }

    /// Writes the sum, which must be finite.
    static func write(_ left: Int, plus right: Int, of document: borrowing JSONDocument, to writer: inout JSONWriter) {
        if let first = Decimal(left, of: document), let second = Decimal(right, of: document),
            abs(first.exponent - second.exponent) <= 40
        {
            let exponent = min(first.exponent, second.exponent)
            if let augend = first.scaled(to: exponent), let addend = second.scaled(to: exponent) {
                let (sum, overflow) = augend.addingReportingOverflow(addend)
                if !overflow { return write(sum, exponent: exponent, to: &writer) }
            }
        }
        // So far apart, or so large, doubles lose nothing that anybody measured.
        writer.double((document.number(at: left) ?? 0) + (document.number(at: right) ?? 0))
    }

    private static func write(_ sum: Int128, exponent sumExponent: Int, to writer: inout JSONWriter) {
        var (digits, exponent) = (sum, sumExponent)
        while exponent < 0, digits % 10 == 0 {
            digits /= 10
            exponent += 1
        }
        if exponent == 0, let integer = Int64(exactly: digits) { return writer.integer(integer) }
        // Read and written once more: what no double can hold is brought to the nearest one.
        let nearest = Double("\(digits)e\(exponent)") ?? 0
        if exponent >= 0, let integer = Int64(exactly: nearest) {
            writer.integer(integer)
        } else {
            writer.double(nearest)
        }
    }
}
