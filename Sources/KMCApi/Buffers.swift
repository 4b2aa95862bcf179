internal import CKMSecurity
internal import KMPrimitives

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Returns an input of the caller.
func input(_ start: UnsafePointer<UInt8>?, _ count: Int, _ name: String) throws -> UnsafeBufferPointer<UInt8> {
    // A size_t past the largest Int is negative here.
    guard count >= 0 else { throw KMError(.limitExceeded, "the size of \(name) is larger than any memory") }
    guard unsafe start != nil || count == 0 else { throw missing(name) }
    return unsafe UnsafeBufferPointer(start: start, count: count)
}

/// Returns an optional input of the caller; nil if its address is NULL.
func optionalInput(
    _ start: UnsafePointer<UInt8>?,
    _ count: Int,
    _ name: String
) throws -> UnsafeBufferPointer<UInt8>? {
    guard unsafe start != nil || count != 0 else { return nil }
    return try unsafe input(start, count, name)
}

/// The largest number of bytes of a text that ends with a NUL byte.
private let maximumTextByteCount = 4096

/// Returns a text of the caller.
func text(_ start: UnsafePointer<CChar>?, _ name: String) throws -> String {
    guard let start = unsafe start else { throw missing(name) }
    guard unsafe strnlen(start, maximumTextByteCount + 1) <= maximumTextByteCount else {
        throw KMError(.argumentInvalid, "\(name) must be at most \(maximumTextByteCount) bytes and end with a NUL byte")
    }
    guard let text = unsafe String(validatingCString: start) else {
        throw KMError(.argumentInvalid, "\(name) must be UTF-8")
    }
    return text
}

/// Returns an optional text of the caller; nil for NULL.
func optionalText(_ start: UnsafePointer<CChar>?, _ name: String) throws -> String? {
    guard let start = unsafe start else { return nil }
    return try unsafe text(start, name)
}

/// The caller's memory for an output.
@safe struct Output {
    private let start: UnsafeMutablePointer<UInt8>?
    private let capacity: UInt
    private let size: UnsafeMutablePointer<Int>

    init(
        _ start: UnsafeMutablePointer<UInt8>?,
        _ capacity: Int,
        _ size: UnsafeMutablePointer<Int>?
    ) throws {
        guard let size = unsafe size else { throw missing("size") }
        guard unsafe start != nil || capacity == 0 else { throw missing("output") }
        unsafe self.start = start
        self.capacity = UInt(bitPattern: capacity)
        unsafe self.size = size
    }

    /// Calls `body` with the memory of `count` bytes, which it fills, or says how many bytes are needed.
    func write(_ count: Int, _ body: (UnsafeMutablePointer<UInt8>) throws -> Void) throws {
        guard UInt(count) <= capacity else {
            unsafe size.pointee = count
            throw KMError(.bufferTooSmall, "the output has \(counted(count, "byte")); there is room for \(capacity)")
        }
        if let start = unsafe start { try unsafe body(start) }
        unsafe size.pointee = count
    }

    /// Writes bytes.
    func write(_ bytes: Span<UInt8>) throws {
        try unsafe write(bytes.count) { start in
            unsafe bytes.withUnsafeBufferPointer { source in
                guard let first = source.baseAddress else { return }
                unsafe start.update(from: first, count: source.count)
            }
        }
    }
}

/// Calls `body` with bytes that are secret, and then erases them.
func erasing<Result>(_ bytes: consuming [UInt8], _ body: ([UInt8]) throws -> Result) rethrows -> Result {
    var bytes = bytes
    defer {
        var span = bytes.mutableSpan
        cleanse(&span)
    }
    return try body(bytes)
}
