internal import KMJSON

/// What an endpoint asks of the messages to and from it; client and server hold the same value.
public struct EndpointPolicy: Sendable, Hashable {
    /// What is asked of one direction.
    public struct Rule: Sendable, Hashable {
        /// What a sender does.
        public let protection: Protection
        /// Whether a receiver refuses a message without it.
        ///
        /// Where it is false, a plain message passes, which anyone on the way can make of a protected one: for the time
        /// of a migration, and not for card data.
        public let isRequired: Bool

        /// A rule; required unless told otherwise.
        public init(_ protection: Protection, isRequired: Bool = true) {
            self.protection = protection
            self.isRequired = isRequired
        }
    }

    /// What is asked of requests.
    public let request: Rule
    /// What is asked of responses of success.
    ///
    /// Error replies are not encrypted.
    public let response: Rule

    /// A policy of two rules.
    public init(request: Rule, response: Rule) {
        self.request = request
        self.response = response
    }

    /// A policy that requires the same protection both ways.
    public init(_ protection: Protection) {
        self.init(request: Rule(protection), response: Rule(protection))
    }

    /// `POST /api/v1/issued-cards/pre-issue/waiting/physical`, as the platform has it: both blocks encrypted whole.
    public static let waitingPhysicalCards = EndpointPolicy(.message)

    /// The same endpoint for two parties that agreed on field level, for what routes or logs the rest: the card's number,
    /// expiry date and CVC are encrypted in the request, the mobile card's number and CVC in the response.
    public static let waitingPhysicalCardsByField = EndpointPolicy(
        request: Rule(
            .fields(
                FieldSelection(unchecked: [
                    JSONPath(names: "physicalCardNo"),
                    JSONPath(names: "physicalCardExpDate"),
                    JSONPath(names: "physicalCardCVC"),
                ])
            )
        ),
        response: Rule(
            .fields(
                FieldSelection(unchecked: [
                    JSONPath(names: "issuedCardList", "*", "digital", "cardNo"),
                    JSONPath(names: "issuedCardList", "*", "digital", "mobileCardCVC"),
                ])
            )
        )
    )
}

extension JSONPath {
    /// A path that was written with care: names, and `*` for a wildcard.
    fileprivate init(names: String...) {
        self.init(segments: names.map { $0 == "*" ? .wildcard : .name(Array($0.utf8)) })
    }
}
