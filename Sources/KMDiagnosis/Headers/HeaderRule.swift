public import HTTPTypes
internal import KMWire

/// A rule of the platform's API page that the headers of a call must satisfy.
///
/// Each rule has a name that does not change between versions.
public struct HeaderRule: Sendable {
    /// The result of checking a set of headers against a rule.
    public struct Finding: Sendable, Hashable {
        /// The rule's name.
        public let rule: String
        /// The name of the header that the rule checks.
        public let header: String
        /// A description of what the rule requires.
        public let expected: String
        /// A description of what was found.
        ///
        /// It contains lengths, counts, times and positions, but no value that could be secret.
        public let found: String
        /// Whether the headers satisfy the rule.
        ///
        /// An absent header satisfies its rule if the header is optional.
        public let isSatisfied: Bool
    }

    /// The rule's name, such as `X-KM-Tran-Time.calendar`.
    public let name: String
    /// The header that the rule checks.
    public let header: HTTPField.Name
    /// A description of what the rule requires.
    public let expected: String
    /// Checks headers against the rule.
    ///
    /// The result is nil if the rule does not apply, because the header is absent or violates another rule.
    let judge: @Sendable (HTTPFields) -> (found: String, isSatisfied: Bool)?

    /// Checks headers against this rule.
    ///
    /// - Parameter fields: The headers of one call.
    /// - Returns: The finding, or nil if the rule does not apply, because the header is absent or violates another
    ///   rule.
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

    /// Returns the rules for one kind of message.
    ///
    /// They are in the order of the API page. Rules about several headers come last.
    public static func rules(_ kind: Kind) -> [HeaderRule] { kind.rules }

    /// The kind of message that the headers belong to.
    public enum Kind: String, Sendable, CaseIterable {
        /// A request from a service provider to the platform.
        case request
        /// A request from the platform to a service provider, without an access key.
        case callback
        /// The response to a request or a callback.
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
