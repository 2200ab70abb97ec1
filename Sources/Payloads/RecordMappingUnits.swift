import Telemetry

/// A unit of measurement: how it is counted in the base unit of its quantity.
///
/// Codes are those of UCUM (The Unified Code for Units of Measure) where fleets use them, and the words that fleets use
/// instead (`mph`, `mmHg`, `ratio`). Units of the same quantity convert into each other; `dBm` and the like, which are
/// logarithms, only within their own.
struct MeasurementUnit: Equatable, Sendable {
    /// What is measured, by the name of its base unit.
    let quantity: String
    /// Base units = (value + shift) * factor.
    let factor: Rational
    let shift: Rational

    /// Nil for a code that is not known.
    init?(_ code: String) {
        guard let unit = Self.units[code] else { return nil }
        self = unit
    }

    private init(_ quantity: String, _ factor: Rational, shift: Rational = .zero) {
        self.quantity = quantity
        self.factor = factor
        self.shift = shift
    }

    /// The scale and offset that turn values in this unit into values in `other`; nil for another quantity.
    func conversion(to other: MeasurementUnit) -> (scale: Rational, offset: Rational)? {
        guard quantity == other.quantity, let inverse = other.factor.inverse,
            let scale = factor.multiplied(by: inverse), let shifted = scale.multiplied(by: shift),
            let offset = shifted.adding(other.shift.negated)
        else { return nil }
        return (scale, offset)
    }

    /// Every code, for messages.
    static var codes: [String] { units.keys.sorted() }

    private static let units: [String: MeasurementUnit] = {
        var units: [String: MeasurementUnit] = [:]
        for (quantity, members) in table {
            for (code, factor) in members {
                // The table is constant and its factors are numbers, as a test of every code confirms.
                guard let factor = rational(factor) else { fatalError("the factor of the unit \(code) is no number") }
                units[code] = MeasurementUnit(quantity, factor)
            }
        }
        for code in ["Cel", "°C"] {
            units[code] = MeasurementUnit("K", .one, shift: rational("273.15") ?? .zero)
        }
        for code in ["[degF]", "degF", "°F"] {
            units[code] = MeasurementUnit("K", rational("5/9") ?? .one, shift: rational("459.67") ?? .zero)
        }
        units["dBW"] = MeasurementUnit("dBm", .one, shift: Rational(30))
        return units
    }()

    /// Reads `1609.344/3600`.
    private static func rational(_ text: String) -> Rational? {
        let parts = text.split(separator: "/")
        guard let first = parts.first, let top = DecimalNumber(String(first).utf8Bytes).flatMap(Rational.init) else {
            return nil
        }
        guard parts.count == 2 else { return top }
        return DecimalNumber(String(parts[1]).utf8Bytes).flatMap(Rational.init)?.inverse?.multiplied(by: top)
    }

    /// Quantities by their base unit; factors as decimals or fractions, those of non-metric units from UCUM's table.
    private static let table: [String: [(String, String)]] = [
        "K": [("K", "1")],
        "m/s": [
            ("m/s", "1"), ("cm/s", "0.01"), ("mm/s", "0.001"), ("km/h", "1/3.6"), ("[mi_i]/h", "1609.344/3600"),
            ("mph", "1609.344/3600"), ("[kn_i]", "1852/3600"), ("kn", "1852/3600"), ("kt", "1852/3600"),
        ],
        "Pa": [
            ("Pa", "1"), ("hPa", "100"), ("mbar", "100"), ("kPa", "1000"), ("bar", "100000"), ("MPa", "1000000"),
            ("mm[Hg]", "133.322"), ("mmHg", "133.322"), ("[in_i'Hg]", "3386.3788"), ("atm", "101325"),
        ],
        "1": [
            ("1", "1"), ("ratio", "1"), ("%", "0.01"), ("[ppth]", "0.001"), ("[ppm]", "0.000001"),
            ("ppm", "0.000001"), ("[ppb]", "0.000000001"), ("ppb", "0.000000001"),
        ],
        "g/m3": [
            ("ng/m3", "0.000000001"), ("ug/m3", "0.000001"), ("mg/m3", "0.001"), ("g/m3", "1"), ("kg/m3", "1000"),
            ("ug/L", "0.001"), ("mg/L", "1"), ("g/L", "1000"),
        ],
        "m": [
            ("nm", "0.000000001"), ("um", "0.000001"), ("mm", "0.001"), ("cm", "0.01"), ("dm", "0.1"), ("m", "1"),
            ("km", "1000"), ("[in_i]", "0.0254"), ("[ft_i]", "0.3048"), ("[mi_i]", "1609.344"),
        ],
        "bit/s": [
            ("bit/s", "1"), ("kbit/s", "1000"), ("Mbit/s", "1000000"), ("Gbit/s", "1000000000"), ("By/s", "8"),
            ("kBy/s", "8000"), ("MBy/s", "8000000"),
        ],
        "bit": [
            ("bit", "1"), ("By", "8"), ("B", "8"), ("kBy", "8000"), ("KiBy", "8192"), ("MBy", "8000000"),
            ("MiBy", "8388608"), ("GBy", "8000000000"), ("GiBy", "8589934592"),
        ],
        "s": [
            ("ns", "0.000000001"), ("us", "0.000001"), ("ms", "0.001"), ("s", "1"), ("min", "60"), ("h", "3600"),
            ("d", "86400"), ("wk", "604800"),
        ],
        "Hz": [("Hz", "1"), ("kHz", "1000"), ("MHz", "1000000"), ("GHz", "1000000000")],
        "V": [("uV", "0.000001"), ("mV", "0.001"), ("V", "1"), ("kV", "1000")],
        "A": [("uA", "0.000001"), ("mA", "0.001"), ("A", "1"), ("kA", "1000")],
        "W": [("mW", "0.001"), ("W", "1"), ("kW", "1000"), ("MW", "1000000")],
        "V.A": [("V.A", "1"), ("kV.A", "1000"), ("VA", "1"), ("kVA", "1000")],
        "var": [("var", "1"), ("kvar", "1000")],
        "J": [
            ("J", "1"), ("kJ", "1000"), ("MJ", "1000000"), ("W.h", "3600"), ("Wh", "3600"), ("kW.h", "3600000"),
            ("kWh", "3600000"), ("MWh", "3600000000"),
        ],
        "g": [("ug", "0.000001"), ("mg", "0.001"), ("g", "1"), ("kg", "1000"), ("t", "1000000")],
        "m3": [("mL", "0.000001"), ("L", "0.001"), ("l", "0.001"), ("m3", "1")],
        "m3/s": [
            ("m3/s", "1"), ("L/s", "0.001"), ("l/s", "0.001"), ("L/min", "0.001/60"), ("L/h", "0.001/3600"),
            ("m3/h", "1/3600"), ("m3/d", "1/86400"),
        ],
        "m2": [("cm2", "0.0001"), ("m2", "1"), ("har", "10000"), ("km2", "1000000")],
        "S/m": [("uS/cm", "0.0001"), ("mS/cm", "0.1"), ("mS/m", "0.001"), ("S/m", "1")],
        "V/m": [("mV/m", "0.001"), ("V/m", "1")],
        "W/m2": [("W/m2", "1"), ("kW/m2", "1000")],
        "lx": [("lx", "1"), ("klx", "1000")],
        "deg": [("deg", "1")],
        "[pH]": [("[pH]", "1")],
        "dBm": [("dBm", "1")],
        "dB": [("dB", "1")],
        "dB[SPL]": [("dB[SPL]", "1"), ("dB(A)", "1")],
    ]
}
