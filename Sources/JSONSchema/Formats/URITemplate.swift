/// `uri-template`, RFC 6570.
enum URITemplate {
    static func isTemplate(_ text: String) -> Bool {
        var rest = Array(text.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "{":
                guard let end = rest.firstIndex(of: "}"), isExpression(rest[..<end]) else { return false }
                rest = rest[(end + 1)...]
            case "%":
                guard isEscape(rest) else { return false }
                rest = rest.dropFirst(2)
            case "}", "\"", "'", "<", ">", "\\", "^", "`", "|", "\u{0}"..." ", "\u{7F}"..."\u{9F}": return false
            default: break
            }
        }
        return true
    }

    /// An operator, then variables with their modifiers between commas: section 2.2.
    private static func isExpression(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
        var text = text
        if let first = text.first, "+#./;?&=,!@|".unicodeScalars.contains(first) { text = text.dropFirst() }
        return text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy(isVariable)
    }

    private static func isVariable(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
        var name = text
        if text.last == "*" {
            name = text.dropLast()
        } else if let colon = text.firstIndex(of: ":") {
            let digits = text[(colon + 1)...]
            guard (1...4).contains(digits.count), digits.first != "0",
                digits.allSatisfy({ ("0"..."9").contains($0) })
            else { return false }
            name = text[..<colon]
        }
        guard !name.isEmpty, name.first != ".", name.last != "." else { return false }
        var position = name.startIndex
        while position < name.endIndex {
            let scalar = name[position]
            if scalar == "%" {
                guard isEscape(name[(position + 1)...]) else { return false }
                position += 2
            } else if scalar == "." {
                guard name[position + 1] != "." else { return false }
            } else {
                let isLetterOrDigit = scalar.isASCII && NetworkFormats.isLetterOrDigit(UInt8(scalar.value))
                guard isLetterOrDigit || scalar == "_" else { return false }
            }
            position += 1
        }
        return true
    }

    private static func isEscape(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
        text.count >= 2 && text.prefix(2).allSatisfy(\.properties.isASCIIHexDigit)
    }
}
