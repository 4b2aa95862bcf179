internal import KMJSON

/// A JWE's protected header (RFC 7516 section 4): the parameters that this package acts on.
public struct JWEHeader: Sendable, Equatable {
    /// A parameter whose meaning two parties agreed between them (RFC 7516 section 4.3), with text for a value.
    public struct PrivateParameter: Sendable, Equatable {
        /// The member's name.
        public let name: String
        /// The member's value.
        public let value: String

        /// Pairs a name with a value.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// `alg`: how the content key is encrypted.
    public var algorithm: KeyManagementAlgorithm
    /// `enc`: how the content is encrypted.
    public var encryption: ContentEncryptionAlgorithm
    /// `kid`: the name of the recipient's key.
    public var keyID: String?
    /// `cty`: the media type of the content, `json` for JSON texts.
    public var contentType: String?
    /// Members with text for a value that are none of RFC 7516's, in their order.
    public var privateParameters: [PrivateParameter]

    /// A header of the given parameters.
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

    /// The value of the private parameter `name`.
    public func privateParameter(_ name: String) -> String? {
        privateParameters.first { $0.name == name }?.value
    }

    /// The header's JSON, members in the order `alg`, `enc`, `kid`, `cty`, private ones; without white space.
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

// A header is its sender's text: names that a wildcard reached stand in `path`, and kid is what somebody sends.

extension JWEHeader: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells the algorithms, and no text of the sender's.
    public var description: String {
        "JWEHeader(\(algorithm.rawValue), \(encryption.rawValue), \(privateParameters.count) private parameters, redacted)"
    }

    /// Tells the algorithms, and no text of the sender's.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension JWEHeader.PrivateParameter: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells the sizes alone.
    public var description: String {
        "PrivateParameter(name of \(name.utf8.count) bytes, value of \(value.utf8.count) bytes, redacted)"
    }

    /// Tells the sizes alone.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
