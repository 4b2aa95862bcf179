extension String {
    /// The text of ASCII characters that this package wrote itself, without a copy between.
    package init(ascii characters: Span<UInt8>) {
        guard let text = try? UTF8Span(validating: characters) else {
            preconditionFailure("characters that are not ASCII")
        }
        self.init(copying: text)
    }
}
