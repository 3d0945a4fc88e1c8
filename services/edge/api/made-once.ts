/**
 * The function, called once for each object: what it made of one is given again for the same one, as long as somebody holds that.
 * Messages do not change once they are handed over.
 */
export function madeOnce<Message extends object, Made>(make: (message: Message) => Made): (message: Message) => Made {
  const known = new WeakMap<Message, Made>();
  return (message) => {
    let made = known.get(message);
    if (made === undefined) {
      made = make(message);
      known.set(message, made);
    }
    return made;
  };
}
