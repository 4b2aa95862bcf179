extension [UInt8] {
    /// A copy with one or two edits of those that make a text nearly right: a piece of syntax put in, in place of some bytes
    /// or beside them, bytes taken out or doubled; now and then damaged as files are.
    package func spoilt(with pieces: [String], using generator: inout SeededGenerator) -> [UInt8] {
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
