// What passes through a call prints its headers and sizes. The parameters are card data, the fields hold the token, and
// both would else stand in the first log that someone prints a request to.

extension SealedRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells the correlation id and the body's size.
    public var description: String {
        "SealedRequest(\(requestHeaders.correlationID), body of \(body.count) bytes, redacted)"
    }

    /// Tells the correlation id and the body's size.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension OpenedRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells the correlation id and the parameters' size.
    public var description: String {
        "OpenedRequest(\(headers.correlationID), parameters of \(parameters.count) bytes, redacted)"
    }

    /// Tells the correlation id and the parameters' size.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension SealedResponse: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells the body's size.
    public var description: String { "SealedResponse(body of \(body.count) bytes, redacted)" }

    /// Tells the body's size.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension OpenedResponse: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells the correlation id and the parameters' size.
    public var description: String {
        "OpenedResponse(\(headers.correlationID), parameters of \(parameters.count) bytes, redacted)"
    }

    /// Tells the correlation id and the parameters' size.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
