public import Foundation
public import HTTPTypes

/// A request as it arrived, before anything has parsed or changed it.
public struct ReceivedRequest: Sendable, Hashable {
    /// The HTTP method.
    public var method: HTTPRequest.Method
    /// The path and the query as they arrived.
    public var path: String
    /// All header fields.
    public var headers: HTTPFields
    /// The bytes of the body.
    public var body: [UInt8]
    /// The receiver's time when the request arrived.
    public var date: Date

    /// Creates a request.
    ///
    /// - Parameters:
    ///   - method: The HTTP method.
    ///   - path: The path and the query as they arrived.
    ///   - headers: All header fields.
    ///   - body: The bytes of the body.
    ///   - date: The receiver's time when the request arrived.
    public init(method: HTTPRequest.Method, path: String, headers: HTTPFields, body: [UInt8], date: Date) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.date = date
    }
}

/// A response as it arrived, before anything has parsed or changed it.
public struct ReceivedResponse: Sendable, Hashable {
    /// The HTTP status.
    public var status: HTTPResponse.Status
    /// All header fields.
    public var headers: HTTPFields
    /// The bytes of the body.
    public var body: [UInt8]
    /// The receiver's time when the response arrived.
    public var date: Date

    /// Creates a response.
    ///
    /// - Parameters:
    ///   - status: The HTTP status.
    ///   - headers: All header fields.
    ///   - body: The bytes of the body.
    ///   - date: The receiver's time when the response arrived.
    public init(status: HTTPResponse.Status, headers: HTTPFields, body: [UInt8], date: Date) {
        self.status = status
        self.headers = headers
        self.body = body
        self.date = date
    }
}

// A body and headers can contain card numbers and tokens, so descriptions do not show them.

extension ReceivedRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The numbers of headers and bytes.
    public var description: String { "ReceivedRequest(\(headers.count) headers, \(body.count) bytes, redacted)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension ReceivedResponse: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The status, and the numbers of headers and bytes.
    public var description: String {
        "ReceivedResponse(\(status.code), \(headers.count) headers, \(body.count) bytes, redacted)"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
