import JSONDocument
import Telemetry

extension JSONWriter {
    /// Writes a single-precision number: exactly, or as the decimal that it was made from.
    ///
    /// Single precision keeps every decimal of up to six digits apart, so where such a one reads back as the same
    /// single, it is what the sender meant: 12.3, not 12.300000190734863. All others are written to the last bit.
    mutating func single(_ value: Float) {
        let shortest = value.description
        if shortest.significantDigitCount <= 6 {
            raw(shortest.utf8Bytes)
        } else {
            double(Double(value))
        }
    }
}

extension String {
    /// The digits of a number's text from the first to the last that is not 0, without its exponent.
    fileprivate var significantDigitCount: Int {
        var count = 0
        var zeros = 0
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "0"): if count > 0 { zeros += 1 }
            case UInt8(ascii: "1")...UInt8(ascii: "9"):
                count += zeros + 1
                zeros = 0
            case UInt8(ascii: "e"), UInt8(ascii: "E"): return count
            default: break
            }
        }
        return count
    }
}
