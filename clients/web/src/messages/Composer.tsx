import { type KeyboardEvent, useCallback, useEffect, useId, useRef, useState } from "react";
import { outbox, socket } from "../api/connection";
import { randomID } from "../api/id";
import { useStore } from "../store/store";
import { Icon } from "../ui/Icon";
import { PHONE } from "../ui/useMedia";
import { grow } from "./autogrow";
import styles from "./Composer.module.css";
import { doneWriting, draftOf, setDraft, useDrafts } from "./drafts";
import { MentionList } from "./MentionList";
import { type Candidate, candidates, mentionAt } from "./mentions";
import { TypingLine } from "./TypingLine";

interface Props {
  conversation: string;
  /** What it is called, for the placeholder. */
  title: string;
  /** Puts the last own message into its editor; false when there is none. */
  onEditLast(): boolean;
}

const TYPING_EVERY = 3000;
const COUNT_UNDER = 200;

interface Suggestions {
  start: number;
  list: Candidate[];
  index: number;
}

/**
 * Where one writes. The text area keeps its own text, so that a key costs no render of
 * anything else. Mounted afresh for each conversation: text and destination never part.
 */
export function Composer({ conversation, title, onEditLast }: Props) {
  const limit = useStore((s) => s.meta?.limits.text_runes ?? 4000);
  const input = useRef<HTMLTextAreaElement>(null);
  const lastTyping = useRef(0);
  const listID = useId();
  const [left, setLeft] = useState(limit);
  // Not as it is by now: a text area that nobody has touched would take that over by itself.
  const [first] = useState(() => draftOf(conversation));
  const [ready, setReady] = useState(first.trim() !== "");
  const [suggestions, setSuggestions] = useState<Suggestions | null>(null);

  useEffect(() => {
    const area = input.current;
    if (!area) return;
    grow(area);
    // On a phone the focus would bring up the keyboard over what one came to read.
    if (!matchMedia(PHONE).matches) area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
    return doneWriting;
  }, []);

  const measure = useCallback(
    (area: HTMLTextAreaElement) => {
      grow(area);
      const text = area.value;
      setReady(text.trim() !== "");
      setLeft(text.length > limit - COUNT_UNDER ? limit - [...text].length : limit);
    },
    [limit],
  );

  // What another tab writes, and the drafts of a slow browser, which come when one could have begun to write.
  const told = useDrafts((s) => s.told);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was told is the reason to look.
  useEffect(() => {
    const area = input.current;
    const text = draftOf(conversation);
    if (!area || area.value === text) return;
    area.value = text;
    measure(area);
  }, [told, conversation, measure]);

  function changed() {
    const area = input.current;
    if (!area) return;
    measure(area);
    const text = area.value;
    setDraft(conversation, text);
    suggest(area);
    if (text && Date.now() - lastTyping.current > TYPING_EVERY) {
      lastTyping.current = Date.now();
      socket()
        ?.request("typing", { conversation_id: conversation })
        .catch(() => {});
    }
  }

  function suggest(area: HTMLTextAreaElement) {
    const mention = area.selectionStart === area.selectionEnd ? mentionAt(area.value, area.selectionStart) : null;
    const list = mention ? candidates(mention.query, conversation) : [];
    setSuggestions(mention && list.length > 0 ? { start: mention.start, list, index: 0 } : null);
  }

  function choose(candidate: Candidate) {
    const area = input.current;
    if (!area || !suggestions) return;
    area.focus();
    area.setSelectionRange(suggestions.start, area.selectionEnd);
    // insertText keeps the browser's undo; where it is gone the text is set directly.
    if (!document.execCommand("insertText", false, `@${candidate.name} `)) {
      area.setRangeText(`@${candidate.name} `, suggestions.start, area.selectionEnd, "end");
      changed();
    }
    setSuggestions(null);
  }

  function send() {
    const area = input.current;
    const text = area?.value.trim() ?? "";
    if (!area || !text || [...text].length > limit) return;
    outbox()?.add({
      client_msg_id: randomID(),
      conversation_id: conversation,
      text,
      created_at: new Date().toISOString(),
    });
    area.value = "";
    lastTyping.current = 0; // the message ended it for the others
    changed();
    area.focus();
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    // While an input method composes, Enter belongs to it.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (suggestions && suggestionKey(event, suggestions)) return;
    const area = event.currentTarget;
    if (event.key === "Enter" && !event.shiftKey && (event.ctrlKey || event.metaKey || !insideFence(area))) {
      event.preventDefault();
      send();
    } else if (event.key === "ArrowUp" && area.value === "" && onEditLast()) {
      event.preventDefault();
    }
  }

  function suggestionKey(event: KeyboardEvent, { list, index, start }: Suggestions): boolean {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setSuggestions({ start, list, index: (index + step + list.length) % list.length });
    else if (event.key === "Enter" || event.key === "Tab") choose(list[index] as Candidate);
    else if (event.key === "Escape") setSuggestions(null);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  return (
    <div className={styles.composer}>
      {suggestions && <MentionList id={listID} list={suggestions.list} index={suggestions.index} onChoose={choose} />}
      <div className={styles.box}>
        <textarea
          ref={input}
          id="composer"
          className={styles.input}
          rows={1}
          aria-label={`Message ${title}`}
          placeholder={`Message ${title}`}
          defaultValue={first}
          aria-autocomplete="list"
          aria-controls={suggestions ? listID : undefined}
          aria-activedescendant={suggestions ? `${listID}-${suggestions.index}` : undefined}
          onInput={changed}
          onKeyDown={onKeyDown}
          onClick={(event) => suggest(event.currentTarget)}
          onBlur={() => {
            setSuggestions(null);
            doneWriting();
          }}
        />
        <button
          type="button"
          className={styles.send}
          data-ready={ready && left >= 0}
          aria-label="Send"
          title="Send"
          onClick={send}
        >
          <Icon name="send-horizontal" />
        </button>
      </div>
      <div className={styles.foot}>
        <TypingLine conversation={conversation} />
        {left < COUNT_UNDER && (
          <span className={left < 0 ? styles.over : undefined} aria-live="polite">
            {left < 0 ? `${-left} characters too many` : `${left} left`}
          </span>
        )}
      </div>
    </div>
  );
}

/** Whether the caret is in a code fence, where Enter makes a line. */
function insideFence(area: HTMLTextAreaElement): boolean {
  return (area.value.slice(0, area.selectionStart).match(/^```/gm)?.length ?? 0) % 2 === 1;
}
