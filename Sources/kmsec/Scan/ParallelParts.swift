import Foundation
import KMCommandLine
import Synchronization

/// Reads the rest of a file in parts, prepares several parts at the same time, and passes them on in their order.
///
/// A thread that prepared a part waits until all earlier parts were passed on. A thread that runs alone never waits.
struct ParallelParts<State: Sendable, Prepared>: Sendable {
    /// The number of bytes in a part.
    let byteCount: Int
    /// The largest number of threads.
    let threadCount: Int
    /// The function that several threads call at the same time.
    let prepare: @Sendable (Span<UInt8>) -> Prepared
    /// The function that is called with each part in order.
    let take: @Sendable (inout State, Span<UInt8>, Prepared) throws -> Void

    /// Runs until the end of the file or the first error.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - state: The state that `take` changes, even if an error is thrown later.
    /// - Throws: The error of the first part that could not be read, or of `take`.
    func run(_ file: Descriptor, _ state: inout State) throws {
        let order = PartOrder(state)
        DispatchQueue.concurrentPerform(iterations: threadCount) { _ in
            var buffer = [UInt8](repeating: 0, count: byteCount)
            while let part = order.read(file, &buffer) {
                let prepared = part.filled.map { prepare(buffer.span.extracting(first: $0)) }
                order.take(part) { state, filled in
                    try take(&state, buffer.span.extracting(first: filled), prepared.get())
                }
            }
        }
        state = order.state
        if let error = order.error { throw error }
    }
}

/// The order in which threads read the parts of a file and pass them on.
private final class PartOrder<State: Sendable>: Sendable {
    /// A part that was read.
    struct Part {
        let number: Int
        /// The number of its bytes, or the error.
        let filled: Result<Int, any Error>
    }

    private struct Source {
        var count = 0
        var isAtEnd = false
    }

    private struct Target {
        var state: State
        var error: (any Error)?
    }

    private let source = Mutex(Source())
    private let target: Mutex<Target>
    /// The number of the part to pass on next.
    private let next = Mutex(0)
    private let change = NSCondition()

    init(_ state: State) {
        target = Mutex(Target(state: state))
    }

    var state: State { target.withLock { $0.state } }
    var error: (any Error)? { target.withLock { $0.error } }

    /// Reads the next part, or returns nil after the end of the file or after an error.
    func read(_ file: Descriptor, _ buffer: inout [UInt8]) -> Part? {
        source.withLock { source in
            guard !source.isAtEnd else { return nil }
            let filled = Result { try file.read(into: &buffer, from: 0) }
            source.isAtEnd = ((try? filled.get()) ?? 0) == 0
            if case .success(0) = filled { return nil }
            source.count += 1
            return Part(number: source.count - 1, filled: filled)
        }
    }

    /// Waits for all earlier parts, and then calls `body` unless one of them failed.
    func take(_ part: Part, _ body: (inout State, Int) throws -> Void) {
        change.lock()
        while next.withLock({ $0 }) != part.number { change.wait() }
        change.unlock()
        let hasFailed = target.withLock { target in
            guard target.error == nil else { return true }
            do {
                try body(&target.state, part.filled.get())
            } catch {
                target.error = error
            }
            return target.error != nil
        }
        if hasFailed { source.withLock { $0.isAtEnd = true } }
        change.lock()
        next.withLock { $0 += 1 }
        change.broadcast()
        change.unlock()
    }
}

extension Descriptor {
    /// Reads once into the bytes of a buffer from `start` on.
    ///
    /// - Returns: The number of bytes read, 0 at the end or after a request to stop.
    /// - Throws: ``KMError`` `fileUnreadable`.
    func read(into buffer: inout [UInt8], from start: Int) throws -> Int {
        try unsafe buffer.withUnsafeMutableBytes { bytes in
            try unsafe read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...])) ?? 0
        }
    }
}
