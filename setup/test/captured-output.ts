/** An output that keeps what is written; a terminal only if told so. */
export class CapturedOutput {
  readonly isTTY: boolean
  readonly columns: number
  text = ''

  constructor({ isTTY = false, columns = 80 } = {}) {
    this.isTTY = isTTY
    this.columns = columns
  }

  write(text: string): void {
    this.text += text
  }
}
