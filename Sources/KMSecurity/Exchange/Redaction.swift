// Requests and responses print their correlation id and sizes only. The parameters are card data, and the header fields
// contain the token. Both would otherwise appear in every log that a request is printed to.

extension SealedRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The correlation id and the size of the body.
    public var description: String {
        "SealedRequest(\(requestHeaders.correlationID), body of \(body.count) bytes, redacted)"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension OpenedRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The correlation id and the size of the parameters.
    public var description: String {
        "OpenedRequest(\(headers.correlationID), parameters of \(parameters.count) bytes, redacted)"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension SealedResponse: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The size of the body.
    public var description: String { "SealedResponse(body of \(body.count) bytes, redacted)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension OpenedResponse: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The correlation id and the size of the parameters.
    public var description: String {
        "OpenedResponse(\(headers.correlationID), parameters of \(parameters.count) bytes, redacted)"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
