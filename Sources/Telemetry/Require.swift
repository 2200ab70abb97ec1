/// Stops the process when a promise between two parts of this program is broken.
///
/// `precondition` drops its message in release builds; this keeps it for the crash report.
@inlinable
package func require(
    _ condition: Bool, _ promise: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
    guard condition else { fatalError(promise(), file: file, line: line) }
}
