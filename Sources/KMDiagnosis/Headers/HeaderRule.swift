public import HTTPTypes
internal import KMWire

/// A rule on the headers of a call, from the platform's API page, with a name that stays.
public struct HeaderRule: Sendable {
    /// What a rule found in a set of headers.
    public struct Finding: Sendable, Hashable {
        /// The rule's name.
        public let rule: String
        /// The header that it is about.
        public let header: String
        /// What is due.
        public let expected: String
        /// What was found: lengths, counts, times and offsets; no value that could be secret.
        public let found: String
        /// Whether that is right.
        ///
        /// A rule about a header that is absent, and may be, is.
        public let isSatisfied: Bool
    }

    /// The rule's name, e.g.
    ///
    /// `X-KM-Tran-Time.calendar`.
    public let name: String
    /// The header that it is about.
    public let header: HTTPField.Name
    /// What is due.
    public let expected: String
    /// What is found in some headers, and whether it is right; nil where there is nothing to judge, because the header is
    /// absent or another rule has already found it wrong.
    let judge: @Sendable (HTTPFields) -> (found: String, isSatisfied: Bool)?

    /// Judges headers.
    public func finding(_ fields: HTTPFields) -> Finding? {
        judge(fields).map {
            Finding(
                rule: name,
                header: header.rawName,
                expected: expected,
                found: $0.found,
                isSatisfied: $0.isSatisfied
            )
        }
    }

    /// The rules of a kind of message, in the order of the API page; those on several headers come last.
    public static func rules(_ kind: Kind) -> [HeaderRule] { kind.rules }

    /// What kind of message the headers are of.
    public enum Kind: String, Sendable, CaseIterable {
        /// A call of a service provider.
        case request
        /// A call of the platform, without an access key.
        case callback
        /// The answer to either.
        case response
    }
}

extension HeaderRule.Kind {
    fileprivate var rules: [HeaderRule] {
        let correlation = HeaderRule.correlationID
        let keyID = HeaderRule.text(CryptoKeyID.self, 32, "ASCII letters, digits, - and _", isRequired: false)
        guard self != .response else { return correlation + keyID }
        var rules = HeaderRule.text(AspID.self, 15, "ASCII letters and digits", isRequired: true)
        rules += correlation
        if self == .request {
            rules += HeaderRule.text(AccessKey.self, 40, "visible ASCII characters", isRequired: true)
        } else {
            rules.append(.absent(AccessKey.headerName))
        }
        return rules + keyID + HeaderRule.token + HeaderRule.tranTime + HeaderRule.timeZone + HeaderRule.crossChecks
    }
}
