/// Decodes the answers of a server from a stream of bytes, which can be cut anywhere.
///
/// No bytes make it trap. It keeps at most one incomplete value, whose size is limited. The values, and the point at
/// which malformed bytes end them, do not depend on where the stream was cut.
package struct RESPDecoder: Sendable {
    /// The largest values that the decoder accepts.
    package struct Limits: Sendable {
        /// The largest number of bytes of one value, with everything in it.
        package var byteCount = 1 << 20
        /// The largest number of elements in one value, at all depths together.
        package var elementCount = 1 << 16
        /// The largest number of arrays inside each other.
        package var depth = 8

        /// Creates the default limits.
        package init() {}
    }

    /// The reason why the bytes are not RESP2 or are too large.
    package enum Fault: String, Error, Hashable, Sendable {
        /// A value begins with an unknown byte.
        case unknownType
        /// A line contains a bare CR or LF, or a bulk string does not end with CR LF.
        case malformedLine
        /// A number or a length is not a decimal number of 64 bits.
        case malformedNumber
        /// A value has more bytes, more elements or more depth than the limits allow.
        case limitExceeded
    }

    /// An array that is not complete.
    private struct Level {
        var missingCount: Int
        var values: [RESPValue]
    }

    private enum Step {
        case value(RESPValue)
        case opened(count: Int)
    }

    private static let carriageReturn = UInt8(ascii: "\r")
    private static let lineFeed = UInt8(ascii: "\n")

    private let limits: Limits
    private var bytes: [UInt8] = []
    /// The first byte that is not decoded.
    private var position = 0
    /// The first byte of the current line that may be its end.
    private var scanned = 0
    private var levels: [Level] = []
    /// The sizes of the current value so far.
    private var byteCount = 0
    private var elementCount = 0
    private var fault: Fault?

    /// Creates a decoder at the start of a stream.
    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Adds bytes of the stream.
    package mutating func append(_ more: some Collection<UInt8>) {
        if position == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 16)
            (position, scanned) = (0, 0)
        } else if position > 1 << 16 {
            bytes.removeFirst(position)
            scanned = max(0, scanned - position)
            position = 0
        }
        bytes.append(contentsOf: more)
    }

    /// Returns the next value of the stream, or nil if more bytes are needed.
    ///
    /// - Throws: ``Fault`` if the bytes are malformed or too large; then the same fault every time.
    package mutating func next() throws(Fault) -> RESPValue? {
        if let fault { throw fault }
        do throws(Fault) {
            while let step = try step() {
                switch step {
                case .opened(let count): levels.append(Level(missingCount: count, values: []))
                case .value(let value):
                    guard let whole = add(value) else { continue }
                    (byteCount, elementCount) = (0, 0)
                    return whole
                }
            }
            return nil
        } catch {
            fault = error
            (bytes, position, scanned, levels) = ([], 0, 0, [])
            throw error
        }
    }

    /// Adds a value to the innermost array; returns a value that is complete.
    private mutating func add(_ value: RESPValue) -> RESPValue? {
        var value = value
        while let innermost = levels.indices.last {
            levels[innermost].values.append(value)
            levels[innermost].missingCount -= 1
            guard levels[innermost].missingCount == 0 else { return nil }
            value = .array(levels.removeLast().values)
        }
        return value
    }

    /// Decodes a value, or the head of an array; nil if more bytes are needed.
    private mutating func step() throws(Fault) -> Step? {
        guard position < bytes.count else { return nil }
        let type = bytes[position]
        guard [43, 45, 58, 36, 42].contains(type) else { throw .unknownType }
        guard let end = try lineEnd() else { return nil }
        let line = position + 1..<end
        var next = end + 2
        let step: Step
        switch type {
        case UInt8(ascii: "+"): step = .value(.simple(String(decoding: bytes[line], as: UTF8.self)))
        case UInt8(ascii: "-"): step = .value(.error(String(decoding: bytes[line], as: UTF8.self)))
        case UInt8(ascii: ":"): step = .value(.integer(try integer(line)))
        case UInt8(ascii: "$"):
            guard let count = try length(line, limit: limits.byteCount - byteCount) else {
                step = .value(.null)
                break
            }
            // The count is at most the limit, so that the sum cannot overflow.
            guard bytes.count - next >= count + 2 else { return nil }
            guard bytes[next + count] == Self.carriageReturn, bytes[next + count + 1] == Self.lineFeed else {
                throw .malformedLine
            }
            step = .value(.bulk(Array(bytes[next..<next + count])))
            next += count + 2
        default:
            guard let count = try length(line, limit: limits.elementCount - elementCount) else {
                step = .value(.null)
                break
            }
            guard levels.count < limits.depth else { throw .limitExceeded }
            elementCount += count
            step = count == 0 ? .value(.array([])) : .opened(count: count)
        }
        byteCount += next - position
        guard byteCount <= limits.byteCount else { throw .limitExceeded }
        (position, scanned) = (next, next)
        return step
    }

    /// The index of the CR that ends the current line; nil if more bytes are needed.
    private mutating func lineEnd() throws(Fault) -> Int? {
        var index = max(scanned, position + 1)
        defer { scanned = index }
        while index < bytes.count {
            guard byteCount + index - position < limits.byteCount else { throw .limitExceeded }
            let byte = bytes[index]
            guard byte != Self.lineFeed else { throw .malformedLine }
            if byte == Self.carriageReturn {
                guard index + 1 < bytes.count else { return nil }
                guard bytes[index + 1] == Self.lineFeed else { throw .malformedLine }
                return index
            }
            index += 1
        }
        return nil
    }

    /// Returns a length from 0 to `limit`; nil for -1, which means that there is no value.
    private func length(_ line: Range<Int>, limit: Int) throws(Fault) -> Int? {
        let number = try integer(line)
        if number == -1 { return nil }
        guard number >= 0 else { throw .malformedNumber }
        guard number <= limit else { throw .limitExceeded }
        return Int(number)
    }

    private func integer(_ line: Range<Int>) throws(Fault) -> Int64 {
        let isNegative = !line.isEmpty && bytes[line.lowerBound] == UInt8(ascii: "-")
        let digits = isNegative ? line.dropFirst() : line
        guard !digits.isEmpty else { throw .malformedNumber }
        // Negative numbers reach one further than positive ones.
        var number: Int64 = 0
        for index in digits {
            let digit = bytes[index]
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { throw .malformedNumber }
            let (product, productOverflows) = number.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflows) = product.subtractingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
            guard !productOverflows, !sumOverflows else { throw .malformedNumber }
            number = sum
        }
        guard !isNegative else { return number }
        guard number != Int64.min else { throw .malformedNumber }
        return -number
    }
}
