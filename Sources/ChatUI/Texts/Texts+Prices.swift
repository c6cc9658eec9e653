import ClientUpdates

extension Texts {
    /// A price such as `12 500 ₽`, with its hundredths only if it has any.
    public func price(_ price: Price) -> String {
        let (units, rest) = price.hundredths.quotientAndRemainder(dividingBy: 100)
        let decimals = rest == 0 ? "" : choose(",", ".") + (rest < 10 ? "0" : "") + String(rest)
        return choose("\(grouped(units))\(decimals) ₽", "₽\(grouped(units))\(decimals)")
    }

    /// The digits in groups of three.
    private func grouped(_ number: Int) -> String {
        let digits = Array(String(number))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += choose(" ", ",") }
            text.append(digit)
        }
        return text
    }
}
