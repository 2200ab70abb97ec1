import Glibc

/// What is known about where output goes.
enum Terminal {
    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Whether colour helps there: on a terminal that has colours, unless NO_COLOR (no-color.org) is set.
    static func hasColour(_ descriptor: Int32) -> Bool {
        isTerminal(descriptor) && (environment("NO_COLOR") ?? "").isEmpty && environment("TERM") != "dumb"
    }

    /// Characters in a line, or nil where nothing is known: then lines may be as long as they like.
    static func width(_ descriptor: Int32) -> Int? {
        guard isTerminal(descriptor) else { return nil }
        var size = winsize()
        // Safe: TIOCGWINSZ fills in a `winsize`.
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    static func environment(_ name: String) -> String? {
        // Safe: getenv returns a C string or null; nothing here changes the environment.
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    /// What can be shown without moving the cursor or changing colours: control characters as their pictures.
    static func printable(_ text: some Sequence<Unicode.Scalar>) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text {
            switch scalar.value {
            case 0..<32: scalars.append(Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}")
            case 127: scalars.append("\u{2421}")
            case 128..<160: scalars.append("\u{FFFD}")
            default: scalars.append(scalar)
            }
        }
        return String(scalars)
    }

    /// How many columns of a terminal `text` takes: combining marks take none.
    static func columns(of text: String) -> Int { text.count }
}

/// Colours by what they mean.
enum Tint: String {
    case heading = "1"
    case good = "32"
    case bad = "31"
    case warning = "33"
    case faint = "2"
    case accent = "36"

    func paint(_ text: String, if isColoured: Bool) -> String {
        isColoured && !text.isEmpty ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}
