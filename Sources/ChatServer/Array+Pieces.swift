extension Array {
    /// Cuts the array into pieces of `count` elements, in order. The last one may be shorter. An empty array has none.
    public func pieces(of count: Int) -> [[Element]] {
        stride(from: 0, to: self.count, by: count).map { Array(self[$0..<Swift.min($0 + count, self.count)]) }
    }
}
