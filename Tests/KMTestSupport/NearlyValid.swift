extension [UInt8] {
    /// Returns a copy with one or two edits that leave a text nearly valid.
    ///
    /// An edit inserts one of `pieces`, replaces bytes with one, removes or repeats bytes, or damages the text with
    /// `mutated(using:)`.
    package func nearlyValid(with pieces: [String], using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = self
        for _ in 0..<Int.random(in: 1...2, using: &generator) {
            let start = Int.random(in: 0...bytes.count, using: &generator)
            let end = Swift.min(bytes.count, start + Int.random(in: 0...4, using: &generator))
            let piece = Array((pieces.randomElement(using: &generator) ?? "").utf8)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0, 1: bytes.insert(contentsOf: piece, at: start)
            case 2: bytes.replaceSubrange(start..<end, with: piece)
            case 3: bytes.removeSubrange(start..<end)
            case 4: bytes.insert(contentsOf: Array(bytes[start..<end]), at: start)
            default: bytes = bytes.mutated(using: &generator)
            }
        }
        return bytes
    }
}
