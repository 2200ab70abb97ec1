/// PLAIN and BYTE_STREAM_SPLIT for values of a fixed width.
enum PlainEncoder {
    /// Stores the low 32 bits of each value.
    static func encode32(_ values: Span<Int64>, into out: inout MutableRawSpan, at byteOffset: Int) -> Int {
        for index in values.indices {
            out.storeBytes(
                of: Int32(truncatingIfNeeded: values[index]).littleEndian, toByteOffset: byteOffset &+ index &* 4,
                as: Int32.self)
        }
        return byteOffset + values.count * 4
    }

    static func encode64(_ values: Span<Int64>, into out: inout MutableRawSpan, at byteOffset: Int) -> Int {
        for index in values.indices {
            out.storeBytes(of: values[index].littleEndian, toByteOffset: byteOffset &+ index &* 8, as: Int64.self)
        }
        return byteOffset + values.count * 8
    }

    /// Stores the first bytes of all values, then the second ones, and so on.
    ///
    /// `byteCount` is 4 or 8, the width of the physical type.
    static func encodeSplit(
        _ values: Span<Int64>, byteCount: Int, into out: inout MutableRawSpan, at byteOffset: Int
    ) -> Int {
        for plane in 0..<byteCount {
            let shift = UInt64(plane &* 8)
            let start = byteOffset + plane * values.count
            var index = 0
            // Eight bytes make one store.
            while index &+ 8 <= values.count {
                var word: UInt64 = 0
                for lane in 0..<8 {
                    let byte = (UInt64(bitPattern: values[index &+ lane]) &>> shift) & 0xFF
                    word |= byte &<< UInt64(lane &* 8)
                }
                out.storeBytes(of: word.littleEndian, toByteOffset: start &+ index, as: UInt64.self)
                index &+= 8
            }
            while index < values.count {
                let byte = UInt8(truncatingIfNeeded: values[index] &>> Int64(plane &* 8))
                out.storeBytes(of: byte, toByteOffset: start &+ index, as: UInt8.self)
                index &+= 1
            }
        }
        return byteOffset + values.count * byteCount
    }
}
