// The names are those of kmsecurity.h, which the compiler requires.
// swift-format-ignore-file: AlwaysUseLowerCamelCase
public import CKMSecurity
internal import KMCards
internal import KMPrimitives

/// A tokenizer, and the check value of its key.
struct Tokenizer: Sendable {
    let tokenizer: PARTokenizer
    let checkValue: String

    init(_ key: TokenizationKey, prefix: String?) throws {
        tokenizer = try PARTokenizer(key, prefix: prefix.map(PAR.Prefix.init(_:)) ?? .platform)
        checkValue = key.keyCheckValue
    }

    var parByteCount: Int { tokenizer.prefix.format.characterCount }
}

/// Creates a tokenizer from the bytes of a tokenization key.
@c @implementation
public func km_tokenizer_create(
    _ key: UnsafePointer<UInt8>?,
    _ keySize: Int,
    _ version: UInt32,
    _ prefix: UnsafePointer<CChar>?,
    _ created: UnsafeMutablePointer<OpaquePointer?>?,
    _ error: UnsafeMutablePointer<km_error>?
) -> km_status {
    unsafe create(created, error) {
        let key = try unsafe input(key, keySize, "key")
        try checkSecretSize(key.count, "a tokenization key")
        let bytes = try SecretBytes(copying: unsafe Span(_unsafeElements: key))
        return try Tokenizer(TokenizationKey(bytes, version: version), prefix: unsafe optionalText(prefix, "prefix"))
    }
}

/// Creates a tokenizer from a file with a tokenization key.
@c @implementation
public func km_tokenizer_create_from_file(
    _ path: UnsafePointer<CChar>?,
    _ version: UInt32,
    _ prefix: UnsafePointer<CChar>?,
    _ created: UnsafeMutablePointer<OpaquePointer?>?,
    _ error: UnsafeMutablePointer<km_error>?
) -> km_status {
    unsafe create(created, error) {
        let key = try TokenizationKey(contentsOfFile: unsafe text(path, "path"), version: version)
        return try Tokenizer(key, prefix: unsafe optionalText(prefix, "prefix"))
    }
}

/// Frees a tokenizer and erases its key.
@c @implementation
public func km_tokenizer_free(_ tokenizer: OpaquePointer?) {
    unsafe freeHandle(tokenizer)
}

/// Returns the number of bytes of each PAR, or 0 for NULL.
@c @implementation
public func km_tokenizer_par_size(_ tokenizer: OpaquePointer?) -> Int {
    (try? unsafe value(of: tokenizer, Tokenizer.self, "tokenizer").parByteCount) ?? 0
}

/// Writes the check value of the tokenization key.
@c @implementation
public func km_tokenizer_check_value(
    _ tokenizer: OpaquePointer?,
    _ output: UnsafeMutablePointer<UInt8>?,
    _ capacity: Int,
    _ size: UnsafeMutablePointer<Int>?,
    _ error: UnsafeMutablePointer<km_error>?
) -> km_status {
    unsafe perform(error) {
        let output = try unsafe Output(output, capacity, size)
        let tokenizer = try unsafe value(of: tokenizer, Tokenizer.self, "tokenizer")
        try output.write(Array(tokenizer.checkValue.utf8).span)
    }
}

/// Derives the PAR of a PAN.
@c @implementation
public func km_par_derive(
    _ tokenizer: OpaquePointer?,
    _ pan: UnsafePointer<UInt8>?,
    _ panSize: Int,
    _ digitCount: UInt32,
    _ output: UnsafeMutablePointer<UInt8>?,
    _ capacity: Int,
    _ size: UnsafeMutablePointer<Int>?,
    _ error: UnsafeMutablePointer<km_error>?
) -> km_status {
    unsafe perform(error) {
        let output = try unsafe Output(output, capacity, size)
        let deriver = try PANDeriver(unsafe value(of: tokenizer, Tokenizer.self, "tokenizer"), digitCount)
        let pan = try unsafe input(pan, panSize, "pan")
        try unsafe output.write(deriver.parByteCount) { try unsafe deriver.derive(pan, to: $0) }
    }
}

/// Derives the PARs of PANs in the caller's memory.
struct PANDeriver {
    let parByteCount: Int
    private let tokenizer: PARTokenizer
    private let digitCount: Int?

    /// Creates a deriver for PANs with `digitCount` digits; 0 accepts all numbers of digits of a PAN.
    init(_ tokenizer: Tokenizer, _ digitCount: UInt32) throws {
        guard digitCount == 0 || PAN.digitCounts.contains(Int(digitCount)) else {
            throw KMError(.argumentInvalid, "digit_count must be 12 to 19, or 0 for all of these; got \(digitCount)")
        }
        self.tokenizer = tokenizer.tokenizer
        self.digitCount = digitCount == 0 ? nil : Int(digitCount)
        parByteCount = tokenizer.parByteCount
    }

    /// Writes the PAR of `pan`, ``parByteCount`` bytes, to `target`.
    func derive(_ pan: UnsafeBufferPointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) throws {
        let par = try tokenizer.par(forDigits: unsafe Span(_unsafeElements: pan), digitCount: digitCount)
        par.withCharacters { characters in
            unsafe characters.withUnsafeBufferPointer { source in
                guard let first = source.baseAddress else { return }
                unsafe target.update(from: first, count: source.count)
            }
        }
    }
}
