internal import Foundation
internal import KMPrimitives

/// Encodes and decodes parameters with Foundation's JSON coders.
///
/// An opened message keeps its own bytes beside the decoded value. Use `UInt64` for `userId`: a `Double` does not hold
/// it.
package enum ParameterCoding {
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
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

    /// Foundation's errors quote values, which may be card numbers: only the path is kept.
    private static func fault(_ error: any Error, _ code: KMError.Code) -> KMError {
        // The error of a type of this package, such as a PAN.
        if let error = error as? KMError { return KMError(code, "\(error)") }
        let (what, context): (String, [any CodingKey]) =
            switch error {
            case DecodingError.keyNotFound(let key, let context):
                ("a required member is missing", context.codingPath + [key])
            case DecodingError.typeMismatch(_, let context):
                ("the value has another type than expected", context.codingPath)
            case DecodingError.valueNotFound(_, let context): ("null is not allowed", context.codingPath)
            case DecodingError.dataCorrupted(let context): ("the value is malformed", context.codingPath)
            case EncodingError.invalidValue(_, let context): ("JSON cannot represent the value", context.codingPath)
            default: ("the type's own coding failed", [])
            }
        return KMError(code, "\(what) at $\(context.map(step).joined())")
    }

    /// The text of an index, or of a name that is a plain case of the type's `CodingKeys`.
    ///
    /// Any other name, such as a dictionary's key, comes from the document and may be a card number. It is shown as
    /// `*`.
    private static func step(_ key: any CodingKey) -> String {
        if let index = key.intValue, key.stringValue == "Index \(index)" { return "[\(index)]" }
        let mirror = Mirror(reflecting: key)
        return mirror.displayStyle == .enum && mirror.children.isEmpty ? ".\(key.stringValue)" : ".*"
    }
}

extension ClientSecurity {
    /// Encodes a value as JSON and seals it as a request; see ``seal(_:for:)``.
    ///
    /// - Throws: ``KMError`` `parametersNotEncodable` if `parameters` cannot be encoded, and as ``seal(_:for:)``.
    nonisolated(nonsending) public func seal(
        encoding parameters: some Encodable,
        for endpoint: Endpoint
    ) async throws -> SealedRequest {
        try await seal(ParameterCoding.encode(parameters), for: endpoint)
    }
}

extension ServerSecurity {
    /// Encodes a value as JSON and seals it as the answer to a request; see ``seal(_:answering:)``.
    ///
    /// - Throws: ``KMError`` `parametersNotEncodable` if `parameters` cannot be encoded, and as ``seal(_:answering:)``.
    public func seal(encoding parameters: some Encodable, answering request: OpenedRequest) throws -> SealedResponse {
        try seal(ParameterCoding.encode(parameters), answering: request)
    }
}

extension OpenedRequest {
    /// Decodes the parameters.
    ///
    /// - Throws: ``KMError`` `parametersInvalid` with the path at fault, without its value. Do not catch it in the
    ///   closure that you pass to ``ServerSecurity/respond(to:_:for:isolation:_:)``: the caller then gets `000_002`.
    public func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try ParameterCoding.decode(type, parameters, failing: .parametersInvalid)
    }
}

extension OpenedResponse {
    /// Decodes the parameters.
    ///
    /// - Throws: ``KMError`` `responseInvalid` with the path at fault, without its value.
    public func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try ParameterCoding.decode(type, parameters, failing: .responseInvalid)
    }
}

extension KMError.Code {
    /// A request's parameters do not fit the type that the server decodes: the caller's fault.
    public static let parametersInvalid = Self("parametersInvalid")
    /// A response's parameters do not fit the type that the client decodes.
    public static let responseInvalid = Self("responseInvalid")
    /// A value cannot be encoded as JSON.
    public static let parametersNotEncodable = Self("parametersNotEncodable")
}
