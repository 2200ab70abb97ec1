import Streams

extension StreamPlan {
    /// The table of the stream.
    var layout: TableLayout {
        TableLayout(
            name: name, description: "\(englishTitle) / \(vietnameseTitle)", columns: columns, timeColumn: timeColumn,
            sortColumns: sortColumns)
    }
}
