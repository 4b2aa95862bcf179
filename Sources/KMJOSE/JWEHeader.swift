internal import KMJSON

/// The parameters of a JWE's protected header (RFC 7516 section 4) that this package uses.
public struct JWEHeader: Sendable, Equatable {
    /// A header parameter with a string value whose meaning two parties have agreed on (RFC 7516 section 4.3).
    public struct PrivateParameter: Sendable, Equatable {
        /// The member's name.
        public let name: String
        /// The member's value.
        public let value: String

        /// Creates a parameter from its name and value.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// `alg`: the algorithm that encrypts the content encryption key (CEK).
    public var algorithm: KeyManagementAlgorithm
    /// `enc`: the algorithm that encrypts the content.
    public var encryption: ContentEncryptionAlgorithm
    /// `kid`: the id of the recipient's key.
    public var keyID: String?
    /// `cty`: the content's media type, `json` for JSON.
    public var contentType: String?
    /// The members with string values that the JOSE standards do not define, in the header's order.
    public var privateParameters: [PrivateParameter]

    /// Creates a header.
    public init(
        algorithm: KeyManagementAlgorithm = .rsaOAEP256,
        encryption: ContentEncryptionAlgorithm,
        keyID: String? = nil,
        contentType: String? = nil,
        privateParameters: [PrivateParameter] = []
    ) {
        self.algorithm = algorithm
        self.encryption = encryption
        self.keyID = keyID
        self.contentType = contentType
        self.privateParameters = privateParameters
    }

    /// Returns the value of the private parameter `name`, or nil if the header has none.
    public func privateParameter(_ name: String) -> String? {
        privateParameters.first { $0.name == name }?.value
    }

    /// The header's JSON without white space.
    ///
    /// The members have the order `alg`, `enc`, `kid`, `cty`, private parameters.
    public var json: [UInt8] {
        var json = Array(#"{"alg":""#.utf8)
        json += algorithm.rawValue.utf8
        json += #"","enc":""#.utf8
        json += encryption.rawValue.utf8
        json.append(UInt8(ascii: "\""))
        func append(_ name: String, _ value: String) {
            json.append(UInt8(ascii: ","))
            JSONString.append(name, to: &json)
            json.append(UInt8(ascii: ":"))
            JSONString.append(value, to: &json)
        }
        if let keyID { append("kid", keyID) }
        if let contentType { append("cty", contentType) }
        for parameter in privateParameters { append(parameter.name, parameter.value) }
        json.append(UInt8(ascii: "}"))
        return json
    }
}

// A header contains text from its sender (`kid`, and member names in `path`), so descriptions do not show it.

extension JWEHeader: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The algorithms and the number of private parameters, without text from the sender.
    public var description: String {
        "JWEHeader(\(algorithm.rawValue), \(encryption.rawValue), \(privateParameters.count) private parameters, redacted)"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children, so that text from the sender is not shown.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension JWEHeader.PrivateParameter: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The sizes of the name and the value, without their text.
    public var description: String {
        "PrivateParameter(name of \(name.utf8.count) bytes, value of \(value.utf8.count) bytes, redacted)"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children, so that text from the sender is not shown.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
