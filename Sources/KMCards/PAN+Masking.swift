internal import KMPrimitives

extension PAN {
    /// How many leading digits a masked PAN shows.
    public enum LeadingDigits: Int, Sendable {
        /// The last four digits alone are shown.
        case none = 0
        /// The first six: the issuer's number (BIN) as ISO/IEC 7812-1 had it until 2017.
        case six = 6
        /// The first eight: the issuer's number as it has it since.
        case eight = 8
    }

    /// The PAN with asterisks in place of the digits in between.
    ///
    /// The last four digits stand, and of the first as many as asked for, but at most six of 15 digits and none of fewer:
    /// what is hidden of those could be found by trial. PCI DSS 3.4.1 lets no more be shown.
    public func masked(leading: LeadingDigits = .six) -> String {
        withDigits { Self.masked($0, leading: leading) }
    }

    package static func masked(_ digits: Span<UInt8>, leading: LeadingDigits = .six) -> String {
        let shown =
            switch digits.count {
            case ...14: 0
            case 15: min(leading.rawValue, LeadingDigits.six.rawValue)
            default: leading.rawValue
            }
        var text: [UInt8] = []
        for index in digits.indices {
            let isShown = index < shown || index >= digits.count - 4
            text.append(isShown ? digits[index] : UInt8(ascii: "*"))
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension PAN: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Masked, with six leading digits.
    public var description: String { masked() }

    /// Masked, with six leading digits.
    public var debugDescription: String { "PAN(\(masked()))" }

    /// Shows no children, so that `dump` prints no digits.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
