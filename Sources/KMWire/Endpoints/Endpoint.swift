public import HTTPTypes
internal import KMJSON

/// An operation of the API: its method, its path, and how its request and its response are protected.
///
/// Client and server use the same value, for example from an ``EndpointTable``.
public struct Endpoint: Sendable, Hashable {
    /// How all requests, or all responses, of an endpoint are protected.
    public struct Rule: Sendable, Hashable {
        /// The protection that a sender applies and a receiver requires.
        public let protection: Protection
        /// Whether a receiver also accepts a message that is not encrypted.
        public let acceptsPlain: Bool

        /// The message is not encrypted.
        public static let plain = Rule(.none)
        /// The whole message is encrypted.
        public static let message = Rule(.message)

        /// Selected fields are encrypted; each path must match in every item of a list.
        ///
        /// - Throws: ``KMError`` as ``FieldSelection/init(_:presence:)-([String],_)``.
        public static func fields(_ paths: String...) throws -> Rule {
            Rule(.fields(try FieldSelection(paths)))
        }

        /// Creates a rule under which a receiver rejects every message that does not have the protection.
        public init(_ protection: Protection) {
            self.init(protection, acceptsPlain: false)
        }

        /// Creates a rule under which a receiver also accepts plain messages.
        ///
        /// An attacker between the two parties can replace an encrypted message by a plain one. Use the rule while you
        /// migrate an endpoint, and never for card data.
        public init(insecureAcceptingPlain protection: Protection) {
            self.init(protection, acceptsPlain: true)
        }

        private init(_ protection: Protection, acceptsPlain: Bool) {
            self.protection = protection
            self.acceptsPlain = acceptsPlain
        }
    }

    /// The HTTP method.
    public let method: HTTPRequest.Method
    /// The path below the API's base, such as `/api/v1/user/card/info`.
    public let path: String
    /// How requests are protected.
    public let request: Rule
    /// How responses with HTTP status 200 are protected.
    ///
    /// Error replies are never encrypted.
    public let response: Rule

    /// Creates an endpoint.
    ///
    /// - Parameters:
    ///   - path: The path below the API's base.
    ///   - method: The HTTP method.
    ///   - request: How requests are protected.
    ///   - response: How responses are protected.
    public init(
        _ path: String,
        method: HTTPRequest.Method = .post,
        request: Rule = .message,
        response: Rule = .message
    ) {
        self.method = method
        self.path = path
        self.request = request
        self.response = response
    }

    /// The documented endpoint: searches for application information of mobile cards that can be linked to a
    /// physical card.
    ///
    /// Request and response are encrypted as a whole.
    public static let waitingPhysicalCards = Endpoint("/api/v1/issued-cards/pre-issue/waiting/physical")

    /// The documented endpoint, with the card's number, expiry date and CVC encrypted in the request, and the mobile
    /// card's number and CVC in the response, for parties that agreed on fields.
    public static let waitingPhysicalCardsByField = Endpoint(
        waitingPhysicalCards.path,
        request: Rule(
            .fields(
                FieldSelection(unchecked: [
                    JSONPath(names: "physicalCardNo"), JSONPath(names: "physicalCardExpDate"),
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
    /// Creates a path of names, and `*` for a wildcard.
    fileprivate init(names: String...) {
        self.init(segments: names.map { $0 == "*" ? .wildcard : .name(Array($0.utf8)) })
    }
}

extension Endpoint: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The method, the path, and what requests and responses must be.
    public var description: String { "\(method) \(path) (request: \(request), response: \(response))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Endpoint.Rule: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The protection, and whether plain messages are accepted too.
    public var description: String { acceptsPlain ? "\(protection), or plain" : "\(protection)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
