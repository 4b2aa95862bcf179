internal import KMPrimitives

extension PAN {
    /// The number of leading digits that a masked PAN shows.
    public enum LeadingDigits: Int, Sendable {
        /// No leading digits; only the last four digits are shown.
        case none = 0
        /// Six leading digits, the length of the issuer identification number (BIN) in ISO/IEC 7812-1 until 2017.
        case six = 6
        /// Eight leading digits, the length of the issuer identification number since 2017.
        case eight = 8
    }

    /// Returns the PAN with asterisks in place of the middle digits.
    ///
    /// The last four digits are always shown. A PAN of 15 digits shows at most six leading digits, and a shorter PAN
    /// shows none, because the few digits left could be brute-forced. PCI DSS 3.4.1 allows no more digits to be shown.
    ///
    /// - Parameter leading: The number of leading digits to show.
    /// - Returns: A text with as many characters as the PAN has digits.
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
    /// The PAN, masked as ``masked(leading:)`` does by default.
    public var description: String { masked() }

    /// The type's name and the masked PAN.
    public var debugDescription: String { "PAN(\(masked()))" }

    /// A mirror without children, so that `dump` prints no digits.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
