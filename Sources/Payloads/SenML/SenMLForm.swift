/// What becomes of the records of a SenML pack.
package enum SenMLForm: Sendable {
    /// Those of one device and time are joined to one reading: `{"device": …, "ts": …, "temperature": 23.1}`.
    ///
    /// The device is the base name without the separator at its end. A record without a name of its own is called by
    /// its unit, or `value`; a sum stands beside its value with `_sum` behind the name.
    case readings
    /// Each is a resolved record: RFC 8428, section 4.6, in the order of the pack, as in the RFC's own example.
    case resolved
}
