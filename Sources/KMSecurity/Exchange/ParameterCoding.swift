internal import Foundation
internal import KMPrimitives

/// Parameters from and to `Codable` types, by Foundation's coders.
///
/// What is sealed are the encoder's bytes, and what was opened keeps its own bytes beside the decoded value. Take
/// `UInt64` for `userId`: a `Double` does not hold it.
enum ParameterCoding {
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        do {
            return Array(try encoder.encode(value))
        } catch {
            throw fault(error, .parametersNotEncodable)
        }
    }

    static func decode<Value: Decodable>(
        _ type: Value.Type,
        _ parameters: [UInt8],
        failing code: KMError.Code
    ) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(parameters))
        } catch {
            throw fault(error, code)
        }
    }

    /// Foundation's own errors quote values, card numbers among them; the place alone is told on.
    private static func fault(_ error: any Error, _ code: KMError.Code) -> KMError {
        // Of a type of this package, such as a PAN.
        if let error = error as? KMError { return KMError(code, "\(error)") }
        let (what, context): (String, [any CodingKey]) =
            switch error {
            case DecodingError.keyNotFound(let key, let context): ("no member there", context.codingPath + [key])
            case DecodingError.typeMismatch(_, let context): ("another type", context.codingPath)
            case DecodingError.valueNotFound(_, let context): ("null", context.codingPath)
            case DecodingError.dataCorrupted(let context): ("not of the form", context.codingPath)
            case EncodingError.invalidValue(_, let context): ("a value that JSON does not hold", context.codingPath)
            default: ("a fault of the type's own coding", [])
            }
        return KMError(code, "\(what) at $\(context.map(step).joined())")
    }

    /// An index, or a name that the type has written down, which is a plain case of its `CodingKeys`.
    ///
    /// Any other name, such as a dictionary's key, may be the document's, a card number perhaps: `*` stands for it.
    private static func step(_ key: any CodingKey) -> String {
        if let index = key.intValue, key.stringValue == "Index \(index)" { return "[\(index)]" }
        let mirror = Mirror(reflecting: key)
        return mirror.displayStyle == .enum && mirror.children.isEmpty ? ".\(key.stringValue)" : ".*"
    }
}

extension ClientSecurity {
    /// Seals a request of an encodable value; see ``seal(_:for:)``.
    ///
    /// - Throws: ``KMError`` `parametersNotEncodable` if `parameters` cannot be encoded, and as ``seal(_:for:)``.
    public func seal(encoding parameters: some Encodable, for endpoint: Endpoint) throws -> SealedRequest {
        try seal(ParameterCoding.encode(parameters), for: endpoint)
    }
}

extension ServerSecurity {
    /// Seals the answer to a request, of an encodable value; see ``seal(_:answering:)``.
    ///
    /// - Throws: ``KMError`` `parametersNotEncodable` if `parameters` cannot be encoded, and as ``seal(_:answering:)``.
    public func seal(encoding parameters: some Encodable, answering request: OpenedRequest) throws -> SealedResponse {
        try seal(ParameterCoding.encode(parameters), answering: request)
    }
}

extension OpenedRequest {
    /// The parameters as a value.
    ///
    /// - Throws: ``KMError`` `parametersInvalid` with the place that does not fit, and no value; thrown on by the answer of
    ///   ``ServerSecurity/respond(to:_:for:isolation:_:)``, the caller is told of an invalid parameter.
    public func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try ParameterCoding.decode(type, parameters, failing: .parametersInvalid)
    }
}

extension OpenedResponse {
    /// The parameters as a value.
    ///
    /// - Throws: ``KMError`` `responseInvalid` with the place that does not fit, and no value.
    public func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try ParameterCoding.decode(type, parameters, failing: .responseInvalid)
    }
}

extension KMError.Code {
    /// A request's parameters do not fit the type that a server decodes them to: a fault of the caller's.
    public static let parametersInvalid = Self("parametersInvalid")
    /// A response's parameters do not fit the type that a client decodes them to.
    public static let responseInvalid = Self("responseInvalid")
    /// A value cannot be brought into JSON: a fault of one's own.
    public static let parametersNotEncodable = Self("parametersNotEncodable")
}
