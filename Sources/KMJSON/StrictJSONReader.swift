package import KMPrimitives

/// Reads a JSON file of the package's own in which nothing is ignored: unknown, duplicate and missing members are
/// errors.
///
/// The methods read from front to back. The details of errors name members and offsets, and never quote the file.
package struct StrictJSONReader {
    private var scanner: JSONScanner
    private let json: [UInt8]
    private let code: KMError.Code

    /// Creates a reader at the start of a file.
    ///
    /// - Parameters:
    ///   - json: The file.
    ///   - code: The code of all errors except `malformedJSON` and `limitExceeded`, which the scanner throws.
    ///   - maximumDepth: The largest accepted depth of objects and arrays.
    package init(_ json: [UInt8], code: KMError.Code, maximumDepth: Int = 8) {
        self.json = json
        self.code = code
        scanner = JSONScanner(maximumDepth: maximumDepth)
    }

    /// The error for a file that the caller rejects.
    package func invalid(_ detail: String) -> KMError { KMError(code, detail) }

    /// The error for a member that is not in the schema.
    package func unknown() -> KMError {
        invalid("the member at byte \(scanner.range.lowerBound) is not in the schema; remove or rename it")
    }

    /// Reads the object that is the whole file.
    package mutating func file(_ what: String, _ member: (inout StrictJSONReader, String) throws -> Void) throws {
        try object("\(what)", member)
        _ = try next()
    }

    /// Reads an object.
    ///
    /// - Returns: Its bytes' range in the file, braces included.
    @discardableResult
    package mutating func object(
        _ name: String,
        _ member: (inout StrictJSONReader, String) throws -> Void
    ) throws -> Range<Int> {
        try expect(.objectStart, "\(name) must be an object")
        let start = scanner.range.lowerBound
        try members(member)
        return start..<scanner.range.upperBound
    }

    /// Reads an object with members of any names, which are checked as JSON only.
    ///
    /// - Returns: Its bytes' range in the file, braces included.
    package mutating func anyObject(_ name: String) throws -> Range<Int> {
        try expect(.objectStart, "\(name) must be an object")
        let start = scanner.range.lowerBound
        let json = json
        try scanner.skipValue(in: json.span, startedBy: .objectStart)
        return start..<scanner.range.upperBound
    }

    /// Reads the members of an object whose start was read.
    package mutating func members(_ member: (inout StrictJSONReader, String) throws -> Void) throws {
        var names: Set<String> = []
        while try next() == .name {
            let name = try text("a member's name")
            guard names.insert(name).inserted else {
                throw invalid("the member at byte \(scanner.range.lowerBound) appears twice")
            }
            try member(&self, name)
        }
    }

    /// Reads an array of objects.
    package mutating func objects<Item>(
        _ name: String,
        maximumCount: Int,
        _ item: (inout StrictJSONReader) throws -> Item
    ) throws -> [Item] {
        try array(name, of: .objectStart, "an object", maximumCount, item)
    }

    /// Reads an array of strings.
    package mutating func strings(_ name: String, maximumCount: Int) throws -> [String] {
        try array(name, of: .string, "a string", maximumCount) { try $0.text("an item of \(name)") }
    }

    private mutating func array<Item>(
        _ name: String,
        of token: JSONScanner.Token,
        _ what: String,
        _ maximumCount: Int,
        _ item: (inout StrictJSONReader) throws -> Item
    ) throws -> [Item] {
        try expect(.arrayStart, "\(name) must be an array")
        var items: [Item] = []
        while true {
            let found = try next()
            if found == .arrayEnd { return items }
            guard found == token else { throw invalid("each item of \(name) must be \(what)") }
            guard items.count < maximumCount else { throw invalid("\(name) must have at most \(maximumCount) items") }
            items.append(try item(&self))
        }
    }

    /// Reads a string.
    package mutating func string(_ name: String) throws -> String {
        try expect(.string, "\(name) must be a string")
        return try text(name)
    }

    /// Reads an integer of at most 2^53 in size, without a fraction or an exponent.
    package mutating func integer(_ name: String) throws -> Int {
        try expect(.number, "\(name) must be a number")
        let text = String(decoding: json[scanner.range], as: UTF8.self)
        guard let value = Int(text), value.magnitude <= 1 << 53, String(value) == text else {
            throw invalid("\(name) must be an integer")
        }
        return value
    }

    /// Reads `true` or `false`.
    package mutating func boolean(_ name: String) throws -> Bool {
        let token = try next()
        guard token == .true || token == .false else { throw invalid("\(name) must be true or false") }
        return token == .true
    }

    /// Returns the value of a member that must be present.
    package func required<Value>(_ value: Value?, _ name: String) throws -> Value {
        guard let value else { throw invalid("\(name) is missing") }
        return value
    }

    private mutating func next() throws -> JSONScanner.Token {
        let json = json
        return try scanner.next(in: json.span)
    }

    private mutating func expect(_ token: JSONScanner.Token, _ what: String) throws {
        guard try next() == token else { throw invalid(what) }
    }

    /// The text of the string or name that was read last.
    private func text(_ what: String) throws -> String {
        guard let text = JSONString.string(json.span, scanner.range) else {
            throw invalid("\(what) must be Unicode text")
        }
        return text
    }
}
