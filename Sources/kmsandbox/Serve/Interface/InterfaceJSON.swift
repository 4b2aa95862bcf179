#if Sandbox
import Foundation
import HTTPTypes
import Hummingbird
import KMJSON
import KMPrimitives
import KMSecurity

/// Reads and writes the JSON of the control interface.
enum InterfaceJSON {
    /// Encodes a value on one line, with sorted members.
    ///
    /// - Throws: `EncodingError`.
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// A response with a value.
    ///
    /// - Throws: `EncodingError`.
    static func response(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        response("application/json", try text(value) + "\n", status: status)
    }

    /// A response with text.
    static func response(
        _ type: String,
        _ text: String,
        status: HTTPResponse.Status = .ok
    ) -> Response {
        Response(
            status: status,
            headers: [.contentType: type.hasPrefix("text/") ? "\(type); charset=utf-8" : type],
            body: ResponseBody(byteBuffer: .init(string: text))
        )
    }

    /// Reads the body of a request.
    ///
    /// - Throws: ``KMError`` `requestInvalid`; the error of a broken connection.
    static func value<Value: Decodable>(_ type: Value.Type, _ request: Request) async throws -> Value {
        try value(type, await bytes(request))
    }

    /// Reads the bytes of a request's body, up to 1 MiB.
    ///
    /// - Throws: The error of a broken connection, or of a body that is too large.
    static func bytes(_ request: Request) async throws -> [UInt8] {
        Array(try await request.body.collect(upTo: 1 << 20).readableBytesView)
    }

    /// Decodes the body of a request.
    ///
    /// - Throws: ``KMError`` `requestInvalid`.
    static func value<Value: Decodable>(_ type: Value.Type, _ body: [UInt8]) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch {
            throw KMError(.requestInvalid, "the body must be a JSON object with the members of this request")
        }
    }

    /// Returns the bytes of an object that is the value of a member, exactly as they are in the text.
    ///
    /// - Parameters:
    ///   - name: The member's name.
    ///   - json: One JSON object.
    /// - Returns: The bytes of the object.
    /// - Throws: ``KMError`` `malformedJSON`; `requestInvalid` if there is no such member, or if it is not an object.
    static func object(_ name: String, in json: [UInt8]) throws -> [UInt8] {
        var scanner = JSONScanner()
        guard try scanner.next(in: json.span) == .objectStart else {
            throw KMError(.requestInvalid, "the body must be a JSON object")
        }
        while try scanner.next(in: json.span) == .name {
            let isWanted = JSONString.string(json.span, scanner.range) == name
            let token = try scanner.next(in: json.span)
            let start = scanner.range.lowerBound
            try scanner.skipValue(in: json.span, startedBy: token)
            if isWanted, token == .objectStart { return Array(json[start..<scanner.range.upperBound]) }
        }
        throw KMError(.requestInvalid, "\(name) must be a JSON object")
    }
}

extension Date {
    /// The date in ISO 8601 with milliseconds, in UTC.
    var withMilliseconds: String { formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)) }
}

extension KMError.Code {
    /// A request to the control interface is malformed.
    static let requestInvalid = Self("requestInvalid")
}
#endif
