/// Rows of text under headings, for people: numbers to the right, the rest to the left, cut to fit the terminal.
struct TextTable {
    enum Alignment: Sendable {
        case left
        case right
    }

    struct Column: Sendable {
        let heading: String
        let alignment: Alignment

        init(_ heading: String, _ alignment: Alignment = .left) {
            self.heading = heading
            self.alignment = alignment
        }
    }

    struct Cell: Sendable, ExpressibleByStringInterpolation {
        let text: String
        let tint: Tint?

        init(_ text: String, tint: Tint? = nil) {
            self.text = text
            self.tint = tint
        }

        init(stringLiteral text: String) { self.init(text) }

        init(_ count: Int) { self.init(Format.count(count)) }
    }

    /// Two spaces between columns.
    private static let gap = "  "
    /// A column is not cut below this, so that something of it can be read.
    private static let leastWidth = 6

    private let columns: [Column]
    private var rows: [[Cell]] = []
    private var footer: [Cell]?

    init(_ columns: [Column]) {
        self.columns = columns
    }

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(_ cells: [Cell]) {
        rows.append(cells)
    }

    /// A last row under a line, for sums.
    mutating func setFooter(_ cells: [Cell]) {
        footer = cells
    }

    /// The table as lines, at most `width` columns wide if it can be cut to that.
    func lines(width: Int? = nil, isColoured: Bool = false) -> [String] {
        let widths = fittedWidths(to: width)
        var lines = [line(columns.map { Cell($0.heading, tint: .heading) }, widths, isColoured)]
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: Self.gap)
        lines.append(Tint.faint.paint(rule, if: isColoured))
        lines += rows.map { line($0, widths, isColoured) }
        if let footer {
            lines.append(Tint.faint.paint(rule, if: isColoured))
            lines.append(line(footer, widths, isColoured))
        }
        return lines
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ isColoured: Bool) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() where index < columns.count {
            let text = Self.cut(cell.text, to: widths[index])
            let padding = String(repeating: " ", count: widths[index] - Terminal.columns(of: text))
            let painted = cell.tint.map { $0.paint(text, if: isColoured) } ?? text
            if index > 0 { line += Self.gap }
            line += columns[index].alignment == .right ? padding + painted : painted + padding
        }
        while line.last == " " { line.removeLast() }
        return line
    }

    /// The widths that the contents ask for, less what does not fit, taken from the widest columns.
    private func fittedWidths(to width: Int?) -> [Int] {
        var widths = columns.map { Terminal.columns(of: $0.heading) }
        for row in rows + (footer.map { [$0] } ?? []) {
            for (index, cell) in row.enumerated() where index < widths.count {
                widths[index] = max(widths[index], Terminal.columns(of: cell.text))
            }
        }
        guard let width else { return widths }
        var excess = widths.reduce(0, +) + Self.gap.count * (widths.count - 1) - width
        while excess > 0 {
            let cuttable = widths.indices.filter { columns[$0].alignment == .left && widths[$0] > Self.leastWidth }
            guard let widest = cuttable.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private static func cut(_ text: String, to width: Int) -> String {
        let oneLine = text.contains("\n") ? text.replacing("\n", with: " ") : text
        return Terminal.columns(of: oneLine) <= width ? oneLine : String(oneLine.prefix(width - 1)) + "…"
    }
}
