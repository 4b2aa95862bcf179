extension String {
    /// Creates a string from ASCII characters that this package wrote itself, without an intermediate copy.
    ///
    /// Never pass input here: bytes that are not valid UTF-8 stop the process.
    package init(ascii characters: Span<UInt8>) {
        guard let text = try? UTF8Span(validating: characters) else {
            preconditionFailure("the characters must be ASCII")
        }
        self.init(copying: text)
    }
}
